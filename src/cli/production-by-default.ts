/**
 * Libraries read NODE_ENV themselves when they are loaded, and take a missing one for development. The default of our
 * setting is production, so they get the same. This makes graphql much faster.
 */
process.env.NODE_ENV ??= 'production';

/**
 * Libraries read NODE_ENV themselves when they are loaded, and take a missing one for development. The default of our
 * setting is production, so they get the same. For graphql this makes a large difference: recording 500 interactions
 * takes a server 13 ms instead of 19 ms.
 */
process.env.NODE_ENV ??= 'production';

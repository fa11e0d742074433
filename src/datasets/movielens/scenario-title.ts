/**
 * A scenario's id as a title: `decade:1990s & genre:Comedy` is 1990s Comedy, `genre:Action & genre:Crime` is
 * Action & Crime, `genre:Drama & rated:UNRATED` is Drama, unrated. What has no known form stays as it is.
 */
export function scenarioTitle(id: string): string {
  const tags = id.split(' & ').map(tagOf);
  const decades = named(tags, 'decade');
  const genres = named(tags, 'genre').join(' & ');
  const rated = named(tags, 'rated').map(ratedPhrase);
  if (decades.length + named(tags, 'genre').length + rated.length < tags.length) return id;
  const kind = [...decades, genres].filter(Boolean).join(' ');
  return sentenceCase([kind, ...rated].filter(Boolean).join(', '));
}

interface Tag {
  readonly key: string;
  readonly value: string;
}

function tagOf(text: string): Tag {
  const colon = text.indexOf(':');
  return { key: text.slice(0, Math.max(colon, 0)), value: text.slice(colon + 1).trim() };
}

function named(tags: readonly Tag[], key: string): string[] {
  return tags.filter((tag) => tag.key === key && tag.value !== '').map(({ value }) => value);
}

function ratedPhrase(rated: string): string {
  return rated === 'UNRATED' ? 'unrated' : `rated ${rated}`;
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

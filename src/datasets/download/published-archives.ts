/** A published dataset that can be downloaded. */
export interface PublishedArchive {
  /** The name of the ZIP file on the server. */
  readonly file: string;
  /** The folder that the ZIP file has its files in. */
  readonly folder: string;
  /** The MD5 of the ZIP file, as its publisher states it, in hexadecimal digits. */
  readonly md5: string;
  /** The files of the archive that an import reads. */
  readonly reads: readonly string[];
}

/** Where GroupLens publishes its datasets, each with a file of its MD5 beside it. */
export const groupLens = 'https://files.grouplens.org/datasets/movielens/';

/** The archives, by their names on the command line. */
export const publishedArchives = {
  'movielens-1m': {
    file: 'ml-1m.zip',
    folder: 'ml-1m',
    md5: 'c4d9eecfca2ab87c1945afe126590906',
    reads: ['users.dat', 'movies.dat', 'ratings.dat'],
  },
  'movielens-20m': {
    file: 'ml-20m.zip',
    folder: 'ml-20m',
    md5: 'cd245b17a1ae2cc31bb14903e1204af3',
    reads: ['movies.csv', 'ratings.csv'],
  },
} as const satisfies Readonly<Record<string, PublishedArchive>>;

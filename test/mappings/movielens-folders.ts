/** Invented rows in the layout with film metadata and scenarios. */
export const described = {
  'users.dat': '1::F::1::10::48067\n2::M::::16::70072-1234\n',
  'movies.dat': [
    "1::Amber Lantern, The (1955)::Drama|Children's",
    '2::Éclair, L’ (1988)::Comedy',
    '3::Quarry (1991)::Drama|War',
    '',
  ].join('\n'),
  'movies-metadata.csv': [
    'movieId,title,year,rated,genres,directors,actors',
    '1,The Amber Lantern,1955,PG,Drama|Family,Ada Corvo,"Bo ""Kettle"" Rusk|Cy Tarn, Jr."',
    '3,Quarry,1991,,N/A,,Di Merrow',
    '9,Orchard,1970,R,War,Ed Lomax,Fay Pellar',
    '',
  ].join('\r\n'),
  'scenarios.csv': [
    'scenarioId,movieId',
    '"decade:1950s",1',
    '"genre:Drama & rated:UNRATED",3',
    '"decade:1950s",2',
    '',
  ].join('\n'),
  'ratings.csv': 'userId,movieId,rating\n2,3,5\n1,1,4\n2,1,3.5\n1,3,1\n',
};

/** Invented rows in the published layout. The ratings of each user are not in time order. */
export const published = {
  'users.dat': '7::F::25::0::00001\n8::M::35::3::00002\n',
  'movies.dat': '1::Amber Lantern, The (1955)::Drama\n2::Ferry::Comedy|War\n',
  'ratings.dat': [
    '7::1::5::978300275',
    '8::1::4::978300000',
    '7::2::3::978300200',
    '7::9::2::978300275',
    '8::2::1::978299999',
    '',
  ].join('\n'),
};

/** Invented rows in the layout of MovieLens-20M, whose lines end with carriage returns. */
export const later = {
  'movies.csv': [
    'movieId,title,genres',
    '1,Quarry (1991),Adventure|Children|Comedy',
    '11,"Amber Lantern, The (Lanterna, La) (1955)",Drama|Sci-Fi',
    '131,"Ferry ""B"" (2014)",(no genres listed)',
    '140,Orchard,IMAX',
    '',
  ].join('\r\n'),
  'ratings.csv': [
    'userId,movieId,rating,timestamp',
    '1,11,3.5,1112486027',
    '1,1,0.5,1112484676',
    '2,131,5.0,974820889',
    '',
  ].join('\r\n'),
  'tags.csv': ['userId,movieId,tag,timestamp', '2,11,slow burn,1240597180', ''].join('\r\n'),
};

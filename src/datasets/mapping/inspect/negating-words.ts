/**
 * Words that say that something did not happen, in English, German, French and Spanish, in lower case and without
 * accents.
 */
export const negatingWords: readonly string[] = [
  ...[
    'not',
    'no',
    'non',
    'never',
    'without',
    'none',
    'nothing',
    'neither',
    'cannot',
    'cant',
    'dont',
    'didnt',
    'doesnt',
  ],
  ...['nicht', 'nichts', 'nie', 'niemals', 'ohne', 'kein', 'keine', 'keinen', 'keinem', 'keiner', 'keines', 'weder'],
  ...['pas', 'ne', 'sans', 'jamais', 'aucun', 'aucune', 'rien', 'sin', 'nunca', 'jamas', 'ningun', 'ninguna', 'nada'],
];

/** The negation in texts such as `n'aime` and `don't like`. */
export const shortNegation = /(?<!\p{L})n['’](?=\p{L})|n['’]t(?!\p{L})/iu;

/** The beginning of words such as `unlike` and `un-save`. A word `un` of its own is an article. */
export const undoing = 'un';

/** The beginnings of words that say that something was taken back or broken off. */
export const cancellingStems: readonly string[] = [
  ...[
    'cancel',
    'refund',
    'revok',
    'undo',
    'withdr',
    'abort',
    'abandon',
    'delet',
    'declin',
    'reject',
    'fail',
    'expired',
  ],
  ...['storn', 'abgebroch', 'abbruch', 'widerruf', 'zuruckge', 'zurueckge', 'erstatt', 'ruckerstatt', 'rueckerstatt'],
  ...['retour', 'rucksend', 'ruecksend', 'ruckgabe', 'rueckgabe', 'gelosch', 'geloesch', 'abgelehnt', 'fehlgeschlag'],
  ...['annul', 'rembours', 'rendu', 'supprim', 'echou', 'refus', 'devol', 'devuel', 'reembols', 'anulad', 'anulac'],
  ...['eliminad', 'fallid', 'rechaz'],
];

/** Words of the same meaning, whose longer forms can mean something else: a “returning customer” takes nothing back. */
export const cancellingWords: readonly string[] = ['return', 'returns', 'returned'];

/** Words that are a dislike with a negation, besides those of likes. Alone, they are no event. */
export const likingWords: readonly string[] = [
  ...['interest', 'interested', 'interesting', 'love', 'loved', 'recommend', 'recommended', 'relevant', 'enjoy'],
  ...['interesse', 'interessiert', 'interessant', 'mag', 'empfehlen', 'empfehle', 'empfohlen', 'interet', 'interessee'],
  ...['recommande', 'recommander', 'interesa', 'interesado', 'interesada', 'recomiendo', 'recomendado', 'gusto'],
];

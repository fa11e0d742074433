/** What the ID in a column is of. */
export type EntityRole = 'user' | 'item' | 'scenario';
/** What else a column of interactions or of a catalog is. */
export type ValueRole = 'rating' | 'event' | 'time' | 'title' | 'share' | 'quantity';

/** Words in English, German, French and Spanish, in lower case and without accents. */
type Words<Role extends string> = Record<Role, readonly string[]>;

/** The words for users, items and scenarios. If several columns fit, the one with the earliest word is taken. */
export const entityWords: Words<EntityRole> = {
  user: [
    ...['user', 'customer', 'member', 'visitor', 'client', 'buyer', 'shopper', 'subscriber', 'listener', 'reader'],
    ...['viewer', 'player', 'reviewer', 'account', 'person', 'profile', 'uid'],
    ...['nutzer', 'benutzer', 'anwender', 'kunde', 'kunden', 'kundin', 'mitglied', 'mitglieder', 'besucher', 'kaufer'],
    ...['kaeufer', 'leser', 'horer', 'hoerer', 'zuschauer', 'abonnent', 'abonnenten', 'teilnehmer'],
    ...['utilisateur', 'utilisatrice', 'acheteur', 'visiteur', 'membre', 'abonne', 'lecteur'],
    ...['usuario', 'usuaria', 'cliente', 'comprador', 'visitante', 'miembro', 'suscriptor', 'lector'],
  ],
  item: [
    ...['item', 'product', 'sku', 'movie', 'film', 'track', 'song', 'article', 'news', 'book', 'video', 'game'],
    ...['asin', 'isbn', 'recipe', 'podcast', 'episode', 'listing', 'offer', 'course', 'anime', 'content', 'artist'],
    ...['artikel', 'produkt', 'produkte', 'ware', 'waren', 'filme', 'buch', 'bucher', 'buecher', 'lied', 'lieder'],
    ...['rezept', 'rezepte', 'beitrag', 'nachricht', 'spiel', 'spiele', 'angebot', 'angebote', 'kurs', 'kurse'],
    ...['produit', 'livre', 'chanson', 'morceau', 'recette', 'annonce', 'jeu', 'cours'],
    ...['producto', 'articulo', 'libro', 'pelicula', 'cancion', 'receta', 'juego', 'noticia', 'oferta', 'curso'],
  ],
  scenario: [
    ...['scenario', 'campaign', 'occasion', 'playlist', 'collection', 'theme', 'shelf', 'placement'],
    ...['szenario', 'kampagne', 'kampagnen', 'sammlung', 'anlass', 'campagne', 'campana', 'coleccion'],
  ],
};

export const valueWords: Words<ValueRole> = {
  rating: [
    ...['rating', 'stars', 'score', 'rate', 'grade', 'overall', 'bewertung', 'sterne', 'note', 'punkte'],
    ...['etoiles', 'evaluation', 'valoracion', 'puntuacion', 'calificacion', 'estrellas'],
  ],
  event: [
    ...['event', 'action', 'behavior', 'behaviour', 'activity', 'interaction', 'verb', 'type'],
    ...['ereignis', 'aktion', 'aktivitat', 'aktivitaet', 'verhalten', 'vorgang', 'interaktion', 'typ', 'art'],
    ...['evenement', 'activite', 'evento', 'accion', 'actividad', 'interaccion', 'tipo'],
  ],
  time: [
    ...['time', 'timestamp', 'datetime', 'date', 'ts', 'created', 'occurred', 'when', 'at'],
    ...['datum', 'zeit', 'zeitpunkt', 'zeitstempel', 'uhrzeit', 'wann', 'erstellt', 'am'],
    ...['heure', 'horodatage', 'quand', 'fecha', 'hora', 'momento', 'cuando'],
  ],
  title: [
    ...['title', 'name', 'headline', 'label', 'caption', 'titel', 'bezeichnung', 'uberschrift', 'ueberschrift'],
    ...['titre', 'nom', 'libelle', 'intitule', 'designation', 'titulo', 'nombre'],
  ],
  share: [
    ...['share', 'fraction', 'completion', 'completed', 'progress', 'ratio', 'percent', 'percentage', 'pct'],
    ...['anteil', 'prozent', 'fortschritt', 'pourcentage', 'porcentaje', 'progreso'],
  ],
  quantity: ['quantity', 'qty', 'amount', 'count', 'menge', 'anzahl', 'quantite', 'cantidad'],
};

/** Words of columns that say how long something was played, read or watched. */
export const playedWords: readonly string[] = [
  ...[
    'played',
    'play',
    'listened',
    'listen',
    'listening',
    'watched',
    'watch',
    'watching',
    'viewed',
    'viewing',
    'reading',
  ],
  ...[
    'gespielt',
    'abgespielt',
    'gehort',
    'gehoert',
    'gesehen',
    'wiedergabe',
    'wiedergabedauer',
    'hordauer',
    'hoerdauer',
  ],
  ...['ecoute', 'ecoutee', 'lecture', 'visionnage', 'escuchado', 'escucha', 'reproducido', 'reproduccion', 'visto'],
  ...['playtime', 'watchtime'],
];

/** Words of columns that say how long the whole is. */
export const lengthWords: readonly string[] = [
  ...['duration', 'length', 'runtime', 'total', 'dauer', 'lange', 'laenge', 'spieldauer', 'laufzeit'],
  ...['duree', 'longueur', 'duracion'],
];

/** Words for units of time, by the unit that they mean. */
export const unitWords: Readonly<Record<'milliseconds' | 'seconds' | 'minutes', readonly string[]>> = {
  milliseconds: ['ms', 'msec', 'millis', 'milliseconds', 'millisekunden', 'millisecondes', 'milisegundos'],
  seconds: ['s', 'sec', 'secs', 'second', 'seconds', 'sek', 'sekunden', 'secondes', 'segundos'],
  minutes: ['min', 'mins', 'minutes', 'minuten', 'minutos'],
};

/** Words that say that a column has IDs. */
export const idWords: readonly string[] = [
  ...['id', 'key', 'uuid', 'guid', 'code', 'number', 'no', 'nr', 'uri', 'external'],
  ...['nummer', 'kennung', 'schlussel', 'schluessel', 'identifiant', 'numero', 'num', 'identificador', 'codigo'],
];

/** The ends of compounds such as `userid`, `kundennr` or `artikelbezeichnung`, which begin with a word for an entity. */
export const entityEnds: readonly string[] = ['id', 'nr', 'nummer', 'name', 'bezeichnung', 'titel'];

/** The ends of compounds such as `bestelldatum`, whatever they begin with. */
export const timeEnds: readonly string[] = ['datum', 'zeitpunkt', 'zeitstempel', 'uhrzeit'];

/** Words of columns whose digits are not a number. */
export const codeWords: readonly string[] = [
  ...[...idWords, 'zip', 'postal', 'postcode', 'phone', 'version'],
  ...['plz', 'postleitzahl', 'telefon', 'telephone', 'telefono'],
];

/** Words of columns that say when and where something happened, but nothing about whom or what. */
export const sessionWords: readonly string[] = [
  ...['session', 'sid', 'request', 'page', 'position', 'rank', 'sitzung', 'seite', 'sesion', 'pagina'],
];

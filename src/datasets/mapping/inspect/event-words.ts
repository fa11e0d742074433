import type { DefaultTypeName } from '../../../features/interaction-types.ts';
import type { ignored } from '../mapping-interactions.ts';

/** What the words of an event mean, see `meaningOf`. */
export interface Meaning {
  readonly type: DefaultTypeName | 'LIKE' | 'BOOKMARK' | 'SHARE' | typeof ignored;
  /** Words in English, German, French and Spanish, in lower case and without accents. */
  readonly words: readonly string[];
}

/** The first row with a word of the event counts, so that “remove from cart” is not a cart. */
export const meanings: readonly Meaning[] = [
  {
    type: 'IGNORE',
    words: [
      ...['remove', 'removed', 'skip', 'skipped', 'entfernt', 'entfernen', 'ubersprungen', 'uebersprungen'],
      ...['retirer', 'retire', 'eliminar', 'quitar'],
    ],
  },
  {
    type: 'DISLIKE',
    words: [
      ...['dislike', 'disliked', 'hide', 'hidden', 'notinterested', 'thumbsdown', 'downvote', 'uninterested'],
      ...['disinterested', 'uninteressant', 'desinteressiert', 'desinteresse', 'desinteresado'],
      ...['missfallt', 'missfaellt', 'gefalltnicht', 'gefaelltnicht', 'ausgeblendet', 'nogusta', 'nomegusta'],
    ],
  },
  {
    type: 'IMPRESSION',
    words: ['impression', 'impressions', 'einblendung', 'einblendungen', 'affichage', 'impresion', 'impresiones'],
  },
  {
    type: 'RATE',
    words: [
      ...['rate', 'rated', 'rating', 'ratings', 'review', 'reviews', 'bewertung', 'bewertungen', 'bewertet'],
      ...['note', 'avis', 'evaluation', 'valoracion', 'valoraciones', 'calificacion', 'resena'],
    ],
  },
  {
    type: 'CART',
    words: [
      ...['cart', 'carts', 'addtocart', 'basket', 'bag', 'warenkorb', 'einkaufswagen', 'korb', 'panier'],
      ...['carrito', 'cesta'],
    ],
  },
  {
    type: 'LIKE',
    words: [
      ...['like', 'likes', 'liked', 'fav', 'favs', 'favorite', 'favorites', 'favourite', 'favourites', 'heart'],
      ...[
        'upvote',
        'gefallt',
        'gefaellt',
        'favorit',
        'favoriten',
        'favori',
        'favoris',
        'aime',
        'favorito',
        'favoritos',
      ],
      ...['gusta', 'megusta'],
    ],
  },
  {
    type: 'BOOKMARK',
    words: [
      ...['bookmark', 'bookmarks', 'bookmarked', 'wishlist', 'wishlists', 'save', 'saved', 'watchlist'],
      ...['merkzettel', 'merkliste', 'wunschliste', 'wunschzettel', 'lesezeichen', 'gemerkt', 'souhaits', 'deseos'],
    ],
  },
  {
    type: 'SHARE',
    words: ['share', 'shares', 'shared', 'geteilt', 'teilen', 'partage', 'partager', 'compartir', 'compartido'],
  },
  {
    type: 'PURCHASE',
    words: [
      ...['purchase', 'purchases', 'purchased', 'buy', 'bought', 'order', 'orders', 'ordered', 'transaction'],
      ...['transactions', 'sale', 'sales', 'checkout', 'paid', 'borrow', 'rent'],
      ...['kauf', 'kaufe', 'kaeufe', 'kaufen', 'gekauft', 'bestellung', 'bestellungen', 'bestellt', 'verkauf'],
      ...['verkaufe', 'verkaeufe', 'ausleihe', 'achat', 'achats', 'achete', 'acheter', 'commande', 'commandes'],
      ...['vente', 'ventes', 'compra', 'compras', 'comprado', 'comprar', 'pedido', 'pedidos', 'venta', 'ventas'],
    ],
  },
  {
    type: 'CLICK',
    words: [
      ...['click', 'clicks', 'clicked', 'tap', 'select', 'pick', 'klick', 'klicks', 'geklickt', 'angeklickt'],
      ...['clic', 'clics'],
    ],
  },
  {
    type: 'VIEW',
    words: [
      ...['view', 'views', 'viewed', 'pageview', 'pv', 'visit', 'detail', 'show', 'read', 'reads', 'open'],
      ...['ansicht', 'ansichten', 'ansehen', 'angesehen', 'gesehen', 'aufruf', 'aufrufe', 'seitenaufruf', 'besuch'],
      ...['gelesen', 'vue', 'vues', 'vu', 'consultation', 'visite', 'lecture', 'vista', 'vistas', 'visto', 'visita'],
    ],
  },
  {
    type: 'PLAY',
    words: [
      ...['play', 'plays', 'played', 'listen', 'listened', 'listens', 'stream', 'streams', 'watch', 'watched'],
      ...['wiedergabe', 'wiedergaben', 'abgespielt', 'gespielt', 'gehort', 'gehoert', 'ecoute', 'ecoutes'],
      ...['reproduccion', 'reproducciones', 'escucha', 'escuchas'],
    ],
  },
];

import { describe, expect, test } from '@jest/globals';
import { meaningOf } from '../../../../src/datasets/mapping/inspect/event-meaning.ts';

describe('meaningOf', () => {
  test.each([
    ...['Gefällt mir nicht', 'gefaellt nicht', 'kein Like', 'Kein Interesse', 'mag ich nicht'],
    ...["je n'aime pas", 'Je n’aime pas', 'pas intéressé', 'no me gusta', 'No me interesa'],
    ...['not interested', 'notInterested', "don't like", 'never liked', 'uninterested', 'dislike'],
  ])('takes “%s” for a dislike', (text) => {
    expect(meaningOf(text)?.type).toBe('DISLIKE');
  });

  test.each([
    ['Kein Kauf', 'kein', 'did not happen'],
    ['nicht gekauft', 'nicht', 'did not happen'],
    ['Ansicht ohne Kauf', 'ohne', 'did not happen'],
    ['vue sans achat', 'sans', 'did not happen'],
    ["n'a pas acheté", 'pas', 'did not happen'],
    ['visita sin compra', 'sin', 'did not happen'],
    ['nunca comprado', 'nunca', 'did not happen'],
    ["didn't purchase", "n't", 'did not happen'],
    ['checkout without order', 'without', 'did not happen'],
    ['order not refunded', 'not', 'did not happen'],
    ['Kauf storniert', 'storniert', 'was taken back'],
    ['Bestellung zurückgegeben', 'zurückgegeben', 'was taken back'],
    ['purchase cancelled', 'cancelled', 'was taken back'],
    ['ORDER_CANCELED', 'canceled', 'was taken back'],
    ['order refunded', 'refunded', 'was taken back'],
    ['order returned', 'returned', 'was taken back'],
    ['achat annulé', 'annulé', 'was taken back'],
    ['commande remboursée', 'remboursée', 'was taken back'],
    ['pedido cancelado', 'cancelado', 'was taken back'],
    ['pedido devuelto', 'devuelto', 'was taken back'],
    ['unlike', 'unlike', 'was taken back'],
    ['un-save from wishlist', 'unsave', 'was taken back'],
  ])('ignores “%s”, and says that "%s" is the reason', (text, word, reason) => {
    const note = `the word "${word}" says that ${reason === 'did not happen' ? 'it' : 'something'} ${reason}, so check it`;
    expect(meaningOf(text)).toEqual({ type: 'IGNORE', note });
  });

  test.each([
    ['un achat', 'PURCHASE'],
    ['view of returning customer', 'VIEW'],
    ['note ajoutée', 'RATE'],
    ['sale in Nice', 'PURCHASE'],
    ['Gefällt mir', 'LIKE'],
    ["j'aime", 'LIKE'],
    ['me gusta', 'LIKE'],
  ])('takes “%s” for %s, since no word negates it', (text, type) => {
    expect(meaningOf(text)).toMatchObject({ type });
    expect(meaningOf(text)).not.toHaveProperty('note');
  });

  test.each(['none', 'no discount', 'nicht zugeordnet'])('does not know what “%s” means', (text) => {
    expect(meaningOf(text)).toBeUndefined();
  });
});

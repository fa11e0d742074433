import { describe, expect, test } from '@jest/globals';
import { inspectTables } from '../../../../src/datasets/mapping/inspect/inspect-tables.ts';
import { csv, mapped, tableOf } from '../table-in-memory.ts';

describe('inspectTables', () => {
  test('guesses a shop with carts, whose files are joined by their values', async () => {
    const { mapping, notes, examples } = await inspectTables([
      csv(
        'customers.csv',
        'id,country,newsletter,created_at,phone\nc1,DE,true,2024-01-01,1\nc2,DE,false,2024-01-02,2\nc3,FR,true,2024-01-03,3',
      ),
      csv(
        'products.csv',
        'sku,name,tags,price,weight\nA-1,Lamp,home|light,12.50,1\nA-2,Mug,home|kitchen,N/A,2\nA-3,Pan,kitchen,30,1',
      ),
      csv(
        'events.csv',
        'who,sku,event,at,page\nc1,A-1,view,1717180200,1\nc1,A-1,add_to_cart,1717180260,2\nc2,A-2,buy,1717180300,3\nc2,A-2,scroll,1717180301,4',
      ),
    ]);
    expect(mapping).toEqual({
      name: 'import',
      files: [
        {
          file: 'customers.csv',
          users: {
            id: 'id',
            features: {
              country: { column: 'country', kind: 'categorical' },
              newsletter: { column: 'newsletter', kind: 'categorical' },
              createdAt: { column: 'created_at', kind: 'date' },
              phone: { column: 'phone', kind: 'categorical' },
            },
          },
        },
        {
          file: 'products.csv',
          items: {
            id: 'sku',
            title: 'name',
            features: {
              tags: { column: 'tags', kind: 'multiValued', separator: '|' },
              price: { column: 'price', kind: 'numeric', missing: ['', 'N/A'] },
              weight: { column: 'weight', kind: 'numeric' },
            },
          },
        },
        {
          file: 'events.csv',
          interactions: {
            user: 'who',
            item: 'sku',
            type: {
              column: 'event',
              values: { view: 'VIEW', add_to_cart: 'CART', buy: 'PURCHASE', scroll: 'IGNORE' },
            },
            time: { column: 'at', format: 'seconds' },
          },
        },
      ],
    });
    expect(notes).toEqual([
      'The guess is from the names of the columns and the first 1,000 rows of each file.',
      'customers.csv: "id" is taken as the ID of the user, because of the name of the file.',
      'events.csv: "who" is taken as the ID of the user, because it has the values of "id" in customers.csv.',
      'events.csv: "scroll" in "event" is ignored; its meaning is not known.',
      'events.csv: the times in "at" are seconds since 1970.',
      'events.csv: interactions whose users are in no other file are rejected; state "users" here to add them too.',
      'events.csv: interactions whose items are in no other file are rejected; state "items" here to add them too.',
      'events.csv: these columns are not used: page.',
    ]);
    expect(examples).toHaveLength(7);
    expect(examples.at(-1)).toEqual({
      kind: 'interaction',
      file: 'events.csv',
      line: 4,
      record: { userId: 'c2', itemId: 'A-2', value: null, time: new Date(1717180300_000), type: 'PURCHASE' },
    });
  });

  test('guesses a music log whose items are only in the log', async () => {
    const lines = Array.from(
      { length: 12 },
      (_, n) => `u${n % 3},t${n % 4},Song ${n % 4},art${n % 2},31.05.2024 18:${30 + n},${n}`,
    );
    const { mapping, notes } = await inspectTables([
      csv('plays.csv', `userId,trackId,trackName,artist,playedAt,device\n${lines.join('\n')}`),
    ]);
    expect(mapping.files).toEqual([
      {
        file: 'plays.csv',
        users: { id: 'userId' },
        items: { id: 'trackId', title: 'trackName', features: { artist: { column: 'artist', kind: 'categorical' } } },
        interactions: {
          user: 'userId',
          item: 'trackId',
          type: 'VIEW',
          time: { column: 'playedAt', format: 'd.M.yyyy H:mm' },
        },
      },
    ]);
    expect(notes).toEqual(
      expect.arrayContaining([
        'plays.csv: every row is taken as VIEW, because of the name of the file; as PLAY, it would need a "value", the share that was played.',
        'plays.csv: the times in "playedAt" are read in the format "d.M.yyyy H:mm".',
        'plays.csv: these columns have one value for each item, so they say what the item is: trackName, artist.',
        'plays.csv: these columns are not used: device.',
      ]),
    );
  });

  test('takes lists of at least eight numbers, all equally long, for vectors', async () => {
    const list = (row: number, width: number) => Array.from({ length: width }, (_, at) => (row + 1) / (at + 2));
    const rows = Array.from({ length: 6 }, (_, row) => [
      `i${row}`,
      `Item ${row}`,
      list(row, 8),
      JSON.stringify(list(row, 9)),
      list(row, 10).join(' '),
      list(row, 7),
      list(row, 8 + (row % 2)),
    ]);
    const columns = ['sku', 'title', 'a', 'b', 'c', 'short', 'uneven'];
    const { mapping } = await inspectTables([tableOf('items.jsonl', columns, rows)]);
    expect(mapping.files[0]?.items?.features).toEqual({
      a: { column: 'a', kind: 'vector', width: 8 },
      b: { column: 'b', kind: 'vector', width: 9 },
      c: { column: 'c', kind: 'vector', width: 10, separator: ' ' },
      short: { column: 'short', kind: 'multiValued' },
      uneven: { column: 'uneven', kind: 'multiValued' },
    });
  });

  test('takes texts that are dates, and numbers that are dates by their name, for dates', async () => {
    const rows = Array.from({ length: 4 }, (_, n) => [
      ...[`i${n}`, `Item ${n}`, `2024-01-3${n % 2}`, `3${n % 2}.01.2024`, `2024-01-0${n + 1} 10:00`],
      ...[1717180200 + n, 1717180200 + n],
    ]);
    const columns = ['sku', 'title', 'released', 'sold', 'seen', 'created_at', 'barcode'];
    const { mapping, notes } = await inspectTables([tableOf('items.jsonl', columns, rows)]);
    expect(mapping.files[0]?.items?.features).toEqual({
      released: { column: 'released', kind: 'date' },
      sold: { column: 'sold', kind: 'date', format: 'd.M.yyyy' },
      seen: { column: 'seen', kind: 'date' },
      createdAt: { column: 'created_at', kind: 'date', format: 'seconds' },
      barcode: { column: 'barcode', kind: 'numeric' },
    });
    expect(notes.filter((note) => note.includes('zone'))).toEqual([
      'items.jsonl: the times in "seen" state no zone and are read as UTC; state "zone" if they are of another.',
    ]);
  });

  test('counts a key of an object once if the table also has it as a column of its own', async () => {
    const tracks = Array.from({ length: 3 }, (_, n) => ({ id: `t${n}`, name: `Song ${n}` }));
    const rows = Array.from({ length: 12 }, (_, n) => {
      const track = tracks[n % 3] as (typeof tracks)[number];
      return [`u${n % 4}`, track, track.id, track.name, { os: n }, n];
    });
    const columns = ['user', 'track', 'track.id', 'track.name', 'device', 'device.os'];
    const { mapping, notes } = await inspectTables([tableOf('plays.jsonl', columns, rows)]);
    expect(mapping.files[0]?.items).toEqual({ id: 'track.id', title: 'track.name', features: {} });
    expect(notes).toEqual(
      expect.arrayContaining([
        'plays.jsonl: these columns have one value for each item, so they say what the item is: track.name.',
        'plays.jsonl: these columns are not used: device.os.',
      ]),
    );
  });

  test('guesses a news log in JSON with objects, lists and long texts', async () => {
    const text = (n: number) => `A long text about news number ${n} that nobody else has written`;
    const articles = Array.from({ length: 6 }, (_, n) => [`n${n}`, text(n), ['politics', 'world'], text(n * 7)]);
    const clicks = Array.from({ length: 6 }, (_, n) => [
      { id: `r${n % 2}` },
      `n${n}`,
      'click',
      `2024-05-31T18:3${n}:00Z`,
    ]);
    const { mapping, notes } = await inspectTables([
      tableOf('articles.jsonl', ['article_id', 'headline', 'topics', 'body'], articles),
      tableOf('log.jsonl', ['reader', 'article_id', 'action', 'timestamp'], clicks),
    ]);
    expect(mapping.files).toEqual([
      {
        file: 'articles.jsonl',
        items: { id: 'article_id', title: 'headline', features: { topics: { column: 'topics', kind: 'multiValued' } } },
      },
      {
        file: 'log.jsonl',
        users: { id: 'reader.id' },
        interactions: {
          user: 'reader.id',
          item: 'article_id',
          type: { column: 'action', values: { click: 'CLICK' } },
          time: { column: 'timestamp' },
        },
      },
    ]);
    expect(notes).toContain('articles.jsonl: "body" is left out, because nearly all of its values are different.');
  });

  test('guesses ratings with their scale, and the year in titles of films', async () => {
    const { mapping, notes, examples } = await inspectTables([
      csv(
        'movies.csv',
        'movieId,title,genres\n1,Lantern (1995),Drama|War\n2,Ferry (2001),Drama\n3,Quarry (1988),Comedy',
      ),
      csv('ratings.csv', 'userId,movieId,rating,timestamp\n1,1,4.5,978300760\n1,2,0.5,978300761\n2,1,5,978300762'),
    ]);
    expect(mapping.ratingScale).toEqual({ minimum: 0.5, maximum: 5 });
    expect(mapping.files[0]?.items?.features).toEqual({
      genres: { column: 'genres', kind: 'multiValued', separator: '|' },
      year: { column: 'title', kind: 'numeric', pattern: '\\((\\d{4})\\)$' },
    });
    expect(mapping.files[1]?.interactions).toEqual({
      user: 'userId',
      item: 'movieId',
      type: 'RATE',
      value: { column: 'rating' },
      time: { column: 'timestamp', format: 'seconds' },
    });
    expect(notes).toContain(
      'The ratings found are from 0.5 to 5, so the scale is taken as 0.5 to 5; state "ratingScale" if it is another.',
    );
    expect(examples.map(({ kind }) => kind)).toEqual(['user', 'user', 'item', 'item', ...Array(3).fill('interaction')]);
  });

  test('guesses scenarios from rows with a campaign and an item', async () => {
    const { mapping } = await inspectTables([
      csv('campaigns.csv', 'campaign,campaign_name,sku\ns,Summer,a\ns,Summer,b\nw,Winter,a'),
    ]);
    expect(mapping.files).toEqual([
      { file: 'campaigns.csv', scenarios: { id: 'campaign', title: 'campaign_name', item: 'sku' } },
    ]);
  });

  test('says which formats a time also fits, and which rows would be rejected', async () => {
    const { notes } = await inspectTables([
      csv('orders.csv', 'customer,product,date\nc1, p1,1/2/2024\nc2,p2,3/4/2024'),
    ]);
    expect(notes).toContain('orders.csv: the times in "date" also fit "d/M/yyyy"; check the format.');
    expect(notes.at(-1)).toBe(
      'Of the rows read, 1 would be rejected, the first one for this reason: orders.csv, line 2: product: expected an ID without spaces around it, got " p1".',
    );
  });

  test('takes columns with sure names as the times of items, and leaves those of changes out', async () => {
    const { mapping, notes } = await inspectTables([
      csv(
        'articles.csv',
        'article,publishedAt,expires_at,updated_at\na1,31.05.2024,NULL,2024-05-31\na2,01.06.2024,2030-01-01,2024-06-01',
      ),
      csv('songs.csv', 'song,published,valid_until\ns1,by Ada,2030-01-01T00:00:00Z\ns2,by Bo,'),
    ]);
    expect(mapping.files.map(({ items }) => items)).toEqual([
      {
        ...{ id: 'article', features: {} },
        availableFrom: { column: 'publishedAt', format: 'd.M.yyyy' },
        availableUntil: { column: 'expires_at', missing: ['', 'NULL'] },
      },
      {
        ...{ id: 'song', features: { published: { column: 'published', kind: 'categorical' } } },
        availableUntil: { column: 'valid_until' },
      },
    ]);
    expect(notes).toContain(
      'articles.csv: the times in "publishedAt" are taken as "availableFrom" of items; leave "availableFrom" out if not.',
    );
    expect(notes).toContain(
      'articles.csv: "updated_at" is left out, because it says when the row was changed, not what it is about.',
    );
  });

  test('gives the files of several days one entry, whose notes it writes once', async () => {
    const log = (day: number) => csv(`log-2026-03-0${day}.csv`, `reader,article,at\nr1,a${day},2026-03-0${day}`);
    const { mapping, notes, examples } = await inspectTables([log(1), log(2), csv('note-1.csv', 'place,rain\nOslo,3')]);
    expect(mapping.files.map(({ file }) => file)).toEqual(['log-*.csv']);
    expect(examples.filter(({ kind }) => kind === 'interaction').map(({ file }) => file)).toEqual([
      'log-2026-03-01.csv',
      'log-2026-03-02.csv',
    ]);
    expect(notes.filter((note) => /has users/.test(note))).toEqual([
      'log-2026-03-01.csv: no other file has users, so they are taken from the interactions.',
    ]);
    expect(notes).toContain(
      'log-*.csv: stands for 2 files with the same columns; the notes are those of log-2026-03-01.csv.',
    );
  });

  test('keeps an entry for each file whose columns are of different names, or whose pattern fits another file', async () => {
    const log = (file: string, time: string) => csv(file, `reader,article,${time}\nr1,a1,2026-03-01`);
    const different = await inspectTables([log('log-1.csv', 'at'), log('log-2.csv', 'time')]);
    expect(different.mapping.files.map(({ file }) => file)).toEqual(['log-1.csv', 'log-2.csv']);
    const unknown = [log('log-1.csv', 'at'), log('log-2.csv', 'at'), csv('log-old.csv', 'place,rain\nOslo,3')];
    const { mapping } = await inspectTables(unknown);
    expect(mapping.files.map(({ file }) => file)).toEqual(['log-1.csv', 'log-2.csv']);
  });

  test('names standard input as the command line does, and calls it by its name in notes', async () => {
    const { mapping, notes } = await inspectTables([csv('standard input', 'user,item,at\nu1,i1,2024-05-31T18:30:00Z')]);
    expect(mapping.files.map(({ file }) => file)).toEqual(['-']);
    expect(notes).toContain('standard input: no other file has users, so they are taken from the interactions.');
  });

  test('says what to state about a file that it does not understand, and writes placeholders with likely columns', async () => {
    const lines = Array.from({ length: 12 }, (_, n) => `K${n % 5},A${n % 7},${n % 2 ? 'EUR' : 'USD'},2026-03-01`);
    const file = csv('journal.csv', `kd,pos,waehrung,datum\n${lines.join('\n')}`);
    const { mapping, toFillIn, notes, examples } = await inspectTables([file]);
    const perhaps = 'perhaps pos or kd or waehrung';
    expect(mapping.files).toEqual([
      {
        file: 'journal.csv',
        interactions: {
          user: `FILL IN: the column with the IDs of users, ${perhaps}`,
          item: `FILL IN: the column with the IDs of items, ${perhaps}`,
          type: 'VIEW',
          time: { column: 'datum' },
        },
      },
    ]);
    expect([toFillIn, examples]).toEqual([['journal.csv'], []]);
    expect(notes).toContain(
      'journal.csv: no column seems to have the IDs of users or items; state "users", "items", "scenarios" or "interactions" with its columns (kd, pos, waehrung, datum), or leave the file out.',
    );
    await expect(mapped(mapping, [file])).rejects.toThrow(
      'expected the names of columns of journal.csv in the mapping, got ' +
        `"FILL IN: the column with the IDs of users, ${perhaps}" and "FILL IN: the column with the IDs of items, ${perhaps}"; ` +
        'replace each by one of its columns kd, pos, waehrung, datum',
    );
  });

  test('takes a file for a catalog if a column that could have IDs never repeats', async () => {
    const lines = Array.from({ length: 6 }, (_, n) => `X-${n},${n}.5`);
    const { mapping } = await inspectTables([csv('things.csv', `ident,rain\n${lines.join('\n')}`)]);
    expect(mapping.files).toEqual([
      {
        file: 'things.csv',
        items: {
          id: 'FILL IN: the column with the IDs of items, perhaps ident; write "users" for "items" if they are users',
        },
      },
    ]);
  });

  test('asks for the users of a file that says what happened to items, and reads the other files', async () => {
    const lines = Array.from({ length: 12 }, (_, n) => `${n % 5},i${n % 3},${n % 2 ? 'view' : 'buy'}`);
    const { mapping, toFillIn, examples } = await inspectTables([
      csv('items.csv', 'sku,name\ni0,Lamp\ni1,Mug'),
      csv('log.csv', `who,sku,event\n${lines.join('\n')}`),
    ]);
    expect(mapping.files[1]?.interactions).toEqual({
      user: 'FILL IN: the column with the IDs of users, perhaps who',
      item: 'sku',
      type: { column: 'event', values: { view: 'VIEW', buy: 'PURCHASE' } },
    });
    expect([toFillIn, examples.map(({ kind }) => kind)]).toEqual([['log.csv'], ['item', 'item']]);
  });

  test.each([
    {
      language: 'German',
      catalog: 'artikelnummer,Artikelbezeichnung,kategorie,preis\na1,Lampe,Licht,3\na2,Tasse,Küche,4\na3,Topf,Küche,5',
      log: 'kunde_nr,artikelnummer,ereignis,bestelldatum\nk1,a1,Ansicht,2026-03-01\nk1,a2,in den Warenkorb,2026-03-02\nk2,a1,gekauft,2026-03-03\nk2,a1,aus Warenkorb entfernt,2026-03-04',
      item: { id: 'artikelnummer', title: 'Artikelbezeichnung' },
      read: { user: 'kunde_nr', item: 'artikelnummer', time: { column: 'bestelldatum' } },
      values: {
        Ansicht: 'VIEW',
        'in den Warenkorb': 'CART',
        gekauft: 'PURCHASE',
        'aus Warenkorb entfernt': 'IGNORE',
      },
    },
    {
      language: 'French',
      catalog: 'produit,libellé,catégorie,prix\na1,Lampe,Maison,3\na2,Tasse,Cuisine,4\na3,Pot,Cuisine,5',
      log: 'client,produit,événement,date\nk1,a1,vue,2026-03-01\nk1,a2,panier,2026-03-02\nk2,a1,acheté,2026-03-03',
      item: { id: 'produit', title: 'libellé' },
      read: { user: 'client', item: 'produit', time: { column: 'date' } },
      values: { vue: 'VIEW', panier: 'CART', acheté: 'PURCHASE' },
    },
    {
      language: 'Spanish',
      catalog: 'producto,título,categoría,precio\na1,Vela,Casa,3\na2,Taza,Cocina,4\na3,Olla,Cocina,5',
      log: 'usuario,producto,acción,fecha\nk1,a1,vista,2026-03-01\nk1,a2,carrito,2026-03-02\nk2,a1,compra,2026-03-03',
      item: { id: 'producto', title: 'título' },
      read: { user: 'usuario', item: 'producto', time: { column: 'fecha' } },
      values: { vista: 'VIEW', carrito: 'CART', compra: 'PURCHASE' },
    },
  ])('guesses columns and events in $language', async ({ catalog, log, item, read, values }) => {
    const { mapping, notes } = await inspectTables([csv('a.csv', catalog), csv('b.csv', log)]);
    expect(mapping.files[0]?.items).toMatchObject(item);
    expect(mapping.files[1]?.interactions).toMatchObject({ ...read, type: { values } });
    expect(notes.filter((note) => /would be rejected/.test(note))).toEqual([]);
  });

  test('takes the column with a word for IDs if another one has the same word for items', async () => {
    const { mapping } = await inspectTables([
      csv('artikel.csv', 'artikel,artikel_nr,preis\nLampe,1,2\nTasse,2,3\nTopf,3,4'),
    ]);
    expect(mapping.files[0]?.items?.id).toBe('artikel_nr');
  });

  test('declares types for likes, bookmarks and shares, and leaves out what takes something back', async () => {
    const log = ['like', 'gefällt mir', 'bookmark', 'wishlist', 'share', 'skip', 'remove from cart', 'dislike'];
    const { mapping, notes, examples } = await inspectTables([
      csv('log.csv', `user,item,event\n${log.map((event, n) => `u${n},i${n},${event}`).join('\n')}`),
    ]);
    expect(mapping.interactionTypes).toEqual([
      { name: 'LIKE', weight: 1 },
      { name: 'BOOKMARK', weight: 1 },
      { name: 'SHARE', weight: 1 },
    ]);
    expect(mapping.files[0]?.interactions?.type).toEqual({
      column: 'event',
      values: {
        ...{ like: 'LIKE', 'gefällt mir': 'LIKE', bookmark: 'BOOKMARK', wishlist: 'BOOKMARK', share: 'SHARE' },
        ...{ skip: 'IGNORE', 'remove from cart': 'IGNORE', dislike: 'DISLIKE' },
      },
    });
    expect(notes).toEqual(
      expect.arrayContaining([
        'log.csv: "like" in "event" is read as LIKE; "interactionTypes" declares this type, and says how much it counts.',
        'log.csv: "skip" in "event" is ignored; if it is a dislike, declare a type with the polarity NEGATIVE in "interactionTypes".',
      ]),
    );
    expect(examples.filter(({ kind }) => kind === 'interaction')).toHaveLength(6);
  });

  test('says which events it turns around because of a word, in a column and in the name of a file', async () => {
    const log = ['Gefällt mir nicht', 'Kauf storniert', 'Kauf'];
    const { mapping, notes } = await inspectTables([
      csv('log.csv', `user,item,event\n${log.map((event, n) => `u${n},i${n},${event}`).join('\n')}`),
      csv('orders-cancelled.csv', 'user,item\nu1,i1'),
    ]);
    expect(mapping.files[0]?.interactions?.type).toEqual({
      column: 'event',
      values: { 'Gefällt mir nicht': 'DISLIKE', 'Kauf storniert': 'IGNORE', Kauf: 'PURCHASE' },
    });
    expect(notes).toEqual(
      expect.arrayContaining([
        'log.csv: "Gefällt mir nicht" in "event" is read as DISLIKE; the word "nicht" makes a dislike of it, so check it.',
        'log.csv: "Kauf storniert" in "event" is ignored; the word "storniert" says that something was taken back, so check it.',
        'orders-cancelled.csv: no column says what happened, so every row is taken as VIEW; state "type" if it is another. In the name of the file, the word "cancelled" says that something was taken back, so check it.',
      ]),
    );
  });

  test.each<[string, string, number, object]>([
    ['a share', 'play.share', 0.25, { column: 'play.share' }],
    ['a percentage', 'completion', 25, { column: 'completion', unit: 'percent' }],
  ])('reads plays with the column of %s', async (_, name, quarter, value) => {
    const rows = [1, 2, 4].map((times) => [`u${times}`, 's1', 'play', quarter * times]);
    const { mapping, examples } = await inspectTables([tableOf('log.csv', ['user', 'song', 'event', name], rows)]);
    expect(mapping.files[0]?.interactions).toMatchObject({ type: { values: { play: 'PLAY' } }, value });
    const values = examples.flatMap(({ record }) => ('type' in record ? [[record.type, record.value]] : []));
    expect(values).toEqual([
      ['PLAY', 0.25],
      ['PLAY', 0.5],
      ['PLAY', 1],
    ]);
  });

  test('reads plays as VIEW if no number can be the share that was played', async () => {
    const { mapping, notes } = await inspectTables([
      csv('log.csv', 'user,song,event,progress\nu1,s1,play,31\nu2,s1,play,240'),
    ]);
    expect(mapping.files[0]?.interactions).toMatchObject({ type: { values: { play: 'VIEW' } } });
    expect(mapping.files[0]?.interactions?.value).toBeUndefined();
    expect(notes).toContain(
      'log.csv: "play" in "event" is read as VIEW; as PLAY, it would need a "value", the share that was played.',
    );
  });

  const plays = (unit: number) => [50, 120, 200].map((played, n) => [`u${n}`, `s${n}`, played * unit, 200_000]);

  test.each([
    ['log.csv', ['user', 'song', 'ms_played', 'duration_ms']],
    ['plays.csv', ['user', 'song', 'msPlayed', 'trackDuration']],
    ['verlauf.csv', ['nutzer', 'lied', 'wiedergabedauer', 'länge']],
  ])('reads %s as plays with the columns %j, which say how much of the whole was played', async (file, columns) => {
    const { mapping, notes, examples } = await inspectTables([tableOf(file, columns, plays(1000))]);
    const [, , part, whole] = columns;
    expect(mapping.files[0]?.interactions).toMatchObject({ type: 'PLAY', value: { column: part, dividedBy: whole } });
    expect(notes).toContain(`${file}: "${part}" divided by "${whole}" is taken as the share that was played.`);
    expect(notes.filter((note) => note.includes('not used'))).toEqual([]);
    expect(examples.flatMap(({ record }) => ('type' in record ? [record.value] : []))).toEqual([0.25, 0.6, 1]);
  });

  test.each([
    ['a part of another unit', 'log.csv', ['user', 'song', 'sec_played', 'duration_ms'], plays(1000)],
    ['a part that is far below the whole', 'log.csv', ['user', 'song', 'time_played', 'duration'], plays(1)],
    ['a count of plays', 'log.csv', ['user', 'song', 'play_count', 'duration_ms'], plays(1000)],
  ])('does not divide %s', async (_, file, columns, rows) => {
    const { mapping } = await inspectTables([tableOf(file, columns, rows)]);
    expect(mapping.files[0]?.interactions?.value?.dividedBy).toBeUndefined();
  });

  test('takes quantities as values, but not if there are ratings', async () => {
    const { mapping } = await inspectTables([
      csv('orders.csv', 'customer,sku,quantity,discount_percent\nc1,a,2,10\nc2,b,1,5'),
      csv('ratings.csv', 'customer,sku,quantity,rating\nc1,a,2,5\nc2,b,1,4'),
    ]);
    expect(mapping.files.map(({ interactions }) => interactions?.value)).toEqual([
      { column: 'quantity' },
      { column: 'rating' },
    ]);
  });

  test('takes columns of a log with one value for each user as features, but no IDs, times and sessions', async () => {
    const rows = Array.from({ length: 24 }, (_, n) => {
      const user = n % 4;
      const facts = [['DE', 'FR'][user % 2], 20 + user, 'mf'[user >> 1], `name ${user}`];
      return [`u${user}`, `i${n % 5}`, ...facts, `2024-01-0${user + 1}`, `acc${user % 2}`, `s${user % 3}`, n % 6];
    });
    const columns = ['user', 'sku', 'country', 'age', 'gender', 'nick', 'joined', 'group_id', 'session', 'hits'];
    const { mapping, notes } = await inspectTables([tableOf('log.jsonl', columns, rows)]);
    expect(mapping.files[0]?.users).toEqual({
      id: 'user',
      features: {
        country: { column: 'country', kind: 'categorical' },
        age: { column: 'age', kind: 'numeric' },
        gender: { column: 'gender', kind: 'categorical' },
      },
    });
    expect(mapping.files[0]?.items).toEqual({ id: 'sku', features: {} });
    expect(notes).toEqual(
      expect.arrayContaining([
        'log.jsonl: these columns have one value for each user, so they say what the user is: country, age, gender.',
        'log.jsonl: these columns are not used: nick, joined, group_id, session, hits.',
      ]),
    );
  });

  test('takes a column with one value for each user and each item for one of users if a file lists the items', async () => {
    const lines = Array.from({ length: 6 }, (_, n) => `u${n % 2},i${n % 2},${['DE', 'FR'][n % 2]}`);
    const log = lines.concat(['u2,i2,DE', 'u2,i2,DE']).join('\n');
    const { mapping } = await inspectTables([
      csv('items.csv', 'sku,name\ni0,Lamp\ni1,Mug\ni2,Pan'),
      csv('log.csv', `user,sku,country\n${log}`),
    ]);
    expect(mapping.files[1]?.users).toEqual({
      id: 'user',
      features: { country: { column: 'country', kind: 'categorical' } },
    });
  });
});

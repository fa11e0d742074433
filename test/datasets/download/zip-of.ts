import { crc32, deflateRawSync } from 'node:zlib';

/** Returns a ZIP file of these files, by their paths, as the specification of PKWARE describes it. */
export function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const [name, content] = [Buffer.from(path), Buffer.from(text)];
    const packed = deflateRawSync(content);
    const common = commonHeader(crc32(content), packed.length, content.length, name.length);
    const local = Buffer.concat([numbers([4, 0x04034b50]), common, numbers([2, 0]), name, packed]);
    const place = numbers([2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]);
    directory.push(Buffer.concat([numbers([4, 0x02014b50], [2, 20]), common, place, name]));
    parts.push(local);
    offset += local.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const count = directory.length;
  const end = numbers([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0]);
  return Buffer.concat([...parts, ...directory, end]);
}

/** What both headers of a file have: version 2.0, no flags, deflated, no time. */
function commonHeader(checksum: number, packed: number, unpacked: number, name: number): Buffer {
  return numbers([2, 20], [2, 0], [2, 8], [2, 0], [2, 0], [4, checksum], [4, packed], [4, unpacked], [2, name]);
}

/** Writes numbers of 2 or 4 bytes, the lowest byte first. */
function numbers(...fields: readonly (readonly [size: 2 | 4, value: number])[]): Buffer {
  return Buffer.concat(
    fields.map(([size, value]) => {
      const bytes = Buffer.alloc(size);
      bytes.writeUIntLE(value, 0, size);
      return bytes;
    }),
  );
}

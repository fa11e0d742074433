import { createHash, randomBytes } from 'node:crypto';

/** The start of every key, by which people and secret scanners recognize one. */
const mark = 'wsk_';
const randomLength = 32;
/** 32 bytes as base64url. */
const form = /^wsk_[A-Za-z0-9_-]{43}$/;
const prefixLength = mark.length + 6;

/** Returns a new key of 256 random bits. */
export function makeSecret(): string {
  return `${mark}${randomBytes(randomLength).toString('base64url')}`;
}

/** Whether a text has the form of a key. It need not be an existing key. */
export function isSecret(text: string): boolean {
  return form.test(text);
}

/** Returns the hash of a key, to store it. A fast hash without salt is enough: nobody can try 2^256 keys. */
export function hashSecret(secret: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(secret).digest());
}

/** Returns the part by which people recognize a key. It leaves 220 bits unknown. */
export function prefixOf(secret: string): string {
  return secret.slice(0, prefixLength);
}

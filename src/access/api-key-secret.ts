import { createHash, randomBytes } from 'node:crypto';

/** What every key begins with, so that people and secret scanners know one. */
const mark = 'wsk_';
const randomLength = 32;
/** 32 bytes as base64url. */
const form = /^wsk_[A-Za-z0-9_-]{43}$/;
const prefixLength = mark.length + 6;

/** A new key of 256 random bits. */
export function makeSecret(): string {
  return `${mark}${randomBytes(randomLength).toString('base64url')}`;
}

/** Whether a text has the form of a key, which says nothing about whether there is such a key. */
export function isSecret(text: string): boolean {
  return form.test(text);
}

/** What is stored of a key. A plain hash is enough: nobody can try 2^256 keys, as one can try passwords. */
export function hashSecret(secret: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(secret).digest());
}

/** The part by which people tell a key from others; it leaves 220 bits unknown. */
export function prefixOf(secret: string): string {
  return secret.slice(0, prefixLength);
}

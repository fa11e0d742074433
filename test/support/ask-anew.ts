import { request } from 'node:http';

export interface Asked {
  readonly status: number;
  readonly text: string;
}

/** Sends a request over a connection of its own, as a new client does. Rejects if no answer comes within 10 s. */
export function askAnew(url: string | URL, headers: Record<string, string> = {}, body?: string): Promise<Asked> {
  const method = body === undefined ? 'GET' : 'POST';
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false, signal: AbortSignal.timeout(10_000) }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode as number, text }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

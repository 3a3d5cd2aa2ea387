// The official client, pointed at where the page came from. Its session is the cookie.
import { Client4, type ClientError } from '@mattermost/client';

class Client extends Client4 {
  /** What this server has beyond the contract. */
  own<T>(method: 'get' | 'post' | 'delete', path: string, body?: unknown): Promise<T> {
    return this.doFetch<T>(`${this.getUrl()}/api/nottermost/v1${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }
}

export const api = new Client();
api.setUrl('');

/** Whether the browser holds a session: the server sets this cookie beside the one that scripts cannot read. */
export const hasSession = (): boolean => /(?:^|; )MMUSERID=[^;]+/.test(document.cookie);

export const statusOf = (error: unknown): number => (error as ClientError | undefined)?.status_code ?? 0;

/** Whether the same request may well succeed later: nobody answered, or the server is not there yet. */
export const mayPass = (error: unknown): boolean => {
  const status = statusOf(error);
  return status === 0 || status === 429 || status >= 500;
};

/** What the server said, in a sentence for people. */
export const wordsOf = (error: unknown, otherwise: string): string => {
  const { message, server_error_id: id } = (error ?? {}) as ClientError;
  return id && message ? message : otherwise;
};

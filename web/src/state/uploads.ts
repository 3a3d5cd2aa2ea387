// Files on their way up. fetch() cannot tell how far it is, so this is the one request that goes
// around the client.
import type { FileInfo, FileUploadResponse } from '@mattermost/types/files';
import { api } from '../api';

export interface Upload {
  readonly done: Promise<FileInfo>;
  readonly cancel: () => void;
}

export const upload = (channelId: string, file: File, progress: (share: number) => void): Upload => {
  const request = new XMLHttpRequest();
  const done = new Promise<FileInfo>((resolve, reject) => {
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => {
      if (request.status !== 201) return reject(new Error(messageOf(request.responseText)));
      const [info] = (JSON.parse(request.responseText) as FileUploadResponse).file_infos;
      return info ? resolve(info) : reject(new Error(''));
    };
    request.onerror = () => reject(new Error(''));
    request.onabort = () => reject(new DOMException('', 'AbortError'));
  });
  const form = new FormData();
  form.append('channel_id', channelId);
  form.append('files', file, file.name);
  request.open('POST', api.getFilesRoute());
  const { headers } = api.getOptions({ method: 'post' }) as { headers: Record<string, string> };
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() !== 'content-type') request.setRequestHeader(name, value);
  }
  request.send(form);
  return { done, cancel: () => request.abort() };
};

const messageOf = (body: string): string => {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? '';
  } catch {
    return '';
  }
};

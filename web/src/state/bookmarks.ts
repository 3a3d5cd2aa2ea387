// The bookmarks of channels, in their order.
import type { ChannelBookmark, ChannelBookmarkCreate } from '@mattermost/types/channel_bookmarks';
import type { FileUploadResponse } from '@mattermost/types/files';
import { api } from '../api';
import { connectionId } from './connection';
import { get, set } from './store';

export const TITLE_MAX = 64;

export const loadBookmarks = async (channelId: string): Promise<void> => {
  const list = await api.getChannelBookmarks(channelId);
  const sorted = list.filter((b) => !b.delete_at).sort((a, b) => a.sort_order - b.sort_order);
  set(({ bookmarks }) => ({ bookmarks: { ...bookmarks, [channelId]: sorted } }));
};

/** Frames differ in what they carry; the list is short. */
export const bookmarksChanged = (channelId: string): Promise<void> =>
  get().bookmarks[channelId] ? loadBookmarks(channelId) : Promise.resolve();

export const addBookmark = async (channelId: string, made: ChannelBookmarkCreate): Promise<void> => {
  await api.createChannelBookmark(channelId, made, connectionId());
  await loadBookmarks(channelId);
};

export const addFileBookmark = async (channelId: string, file: File): Promise<void> => {
  const form = new FormData();
  form.append('channel_id', channelId);
  form.append('files', file, file.name);
  const { file_infos } = (await api.uploadFile(form, true)) as FileUploadResponse;
  const file_id = file_infos[0]!.id;
  await addBookmark(channelId, { type: 'file', display_name: file.name.slice(0, TITLE_MAX), file_id });
};

export const editBookmark = async (
  bookmark: ChannelBookmark,
  part: { display_name: string; link_url?: string },
): Promise<void> => {
  await api.updateChannelBookmark(bookmark.channel_id, bookmark.id, part, connectionId());
  await loadBookmarks(bookmark.channel_id);
};

export const deleteBookmark = async (bookmark: ChannelBookmark): Promise<void> => {
  await api.deleteChannelBookmark(bookmark.channel_id, bookmark.id, connectionId());
  await loadBookmarks(bookmark.channel_id);
};

export const moveBookmark = async (bookmark: ChannelBookmark, to: number): Promise<void> => {
  await api.updateChannelBookmarkSortOrder(bookmark.channel_id, bookmark.id, to, connectionId());
  await loadBookmarks(bookmark.channel_id);
};

/** Where it leads; nowhere if its address is none of the web. */
export const addressOf = (bookmark: ChannelBookmark): string => {
  if (bookmark.type === 'file') return api.getFileUrl(bookmark.file_id ?? '', 0);
  return /^https?:\/\//i.test(bookmark.link_url ?? '') ? bookmark.link_url! : '';
};

// What is open over the page. It comes when the first one is opened.
import type { Dialog } from '../../state/store';
import { open } from '../../state/store';
import { AsOfDialog } from './AsOfDialog';
import { BookmarkDialog } from './BookmarkDialog';
import { CategoryDialog } from './CategoryDialog';
import {
  AddMembers,
  ArchiveChannel,
  Browse,
  CreateChannel,
  EditChannel,
  LeaveChannel,
} from './ChannelDialogs';
import { ChannelNotifications } from './ChannelNotifications';
import { EmojiDialog } from './EmojiDialog';
import { History } from './History';
import { Remind, Reschedule, Schedule } from './LaterDialogs';
import { Lightbox } from './Lightbox';
import { Direct, Invite } from './PeopleDialogs';
import { DeletePost, Keys } from './PostDialogs';
import { Settings } from './Settings';
import { QuietUntil, SetStatus } from './StatusDialogs';
import { Switcher } from './Switcher';

export const close = (): void => open(null);

export default function Dialogs({ dialog }: { dialog: Dialog }) {
  switch (dialog.kind) {
    case 'switcher':
      return <Switcher />;
    case 'browse':
      return <Browse />;
    case 'create-channel':
      return <CreateChannel />;
    case 'edit-channel':
      return <EditChannel channelId={dialog.channelId} />;
    case 'add-members':
      return <AddMembers channelId={dialog.channelId} />;
    case 'leave-channel':
      return <LeaveChannel channelId={dialog.channelId} />;
    case 'archive-channel':
      return <ArchiveChannel channelId={dialog.channelId} />;
    case 'direct':
      return <Direct />;
    case 'invite':
      return <Invite />;
    case 'status':
      return <SetStatus />;
    case 'quiet':
      return <QuietUntil />;
    case 'channel-notify':
      return <ChannelNotifications channelId={dialog.channelId} />;
    case 'as-of':
      return <AsOfDialog channelId={dialog.channelId} />;
    case 'settings':
      return <Settings />;
    case 'keys':
      return <Keys />;
    case 'history':
      return <History postId={dialog.postId} />;
    case 'delete-post':
      return <DeletePost postId={dialog.postId} />;
    case 'emoji':
      return <EmojiDialog />;
    case 'remind':
      return <Remind postId={dialog.postId} />;
    case 'schedule':
      return <Schedule unsent={dialog.unsent} />;
    case 'reschedule':
      return <Reschedule id={dialog.id} />;
    case 'bookmark':
      return <BookmarkDialog channelId={dialog.channelId} bookmark={dialog.bookmark} />;
    case 'category':
      return <CategoryDialog category={dialog.category} channelId={dialog.channelId} />;
    case 'lightbox':
      return <Lightbox files={dialog.files} at={dialog.at} />;
  }
}

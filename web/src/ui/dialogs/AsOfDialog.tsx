// To which moment of a channel to go back.
import { useState } from 'react';
import { useT } from '../../i18n';
import { dayBeside } from '../../text/when';
import { Modal } from '../bits';
import { Foot } from '../Foot';
import { goToTime, timeIn } from '../places';
import { When } from '../When';

import { close } from './Dialogs';

export const AsOfDialog = ({ channelId }: { channelId: string }) => {
  const t = useT();
  const [at, setAt] = useState(() => timeIn(location.search) || dayBeside(Date.now(), -1));
  return (
    <Modal title={t('asof.title')} onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          close();
          goToTime(channelId, at);
        }}
      >
        <When value={at} onChange={setAt} past />
        <Foot busy={at <= 0 || at > Date.now()} label={t('asof.show')} />
      </form>
    </Modal>
  );
};

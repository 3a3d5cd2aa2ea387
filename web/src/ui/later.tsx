// Components whose script comes when they are first shown. React keeps a script that did not come; it is asked for anew here.
import { type ComponentType, type LazyExoticComponent, lazy } from 'react';

const failed = new Set<() => void>();

/** What did not come is asked for again when it is next shown. */
export const renewFailed = (): void => {
  for (const renew of failed) renew();
  failed.clear();
};

export const later = <P extends object>(load: () => Promise<{ default: ComponentType<P> }>) => {
  let Shown: LazyExoticComponent<ComponentType<P>>;
  const renew = () => {
    Shown = lazy(() =>
      load().catch((error) => {
        failed.add(renew);
        throw error;
      }),
    );
  };
  renew();
  return (props: P) => <Shown {...(props as P & object)} />;
};

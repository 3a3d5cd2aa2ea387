// Which connection this page has: requests that name it are not told to it again.
let id = '';

export const connectionId = (): string => id;
export const setConnectionId = (given: string): void => {
  id = given;
};

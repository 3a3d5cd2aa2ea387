import { configure } from '@testing-library/react';

// What a test waits for may load first, on a busy machine.
configure({ asyncUtilTimeout: 20_000 });

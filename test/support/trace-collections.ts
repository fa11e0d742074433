import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// A module to preload: V8 prints each collection, and the whole heap is collected twice a second.
for (const flag of ['--trace-gc', '--trace-gc-nvp', '--expose-gc']) setFlagsFromString(flag);
const collect = runInNewContext('gc') as () => void;
setInterval(collect, 500).unref();

import type { RequestView } from '../../src/request/request-view.js';
import { unscoredVerdict } from '../../src/transport/check-response.js';
import { GrpcServer } from '../../src/transport/grpc-server.js';

/** Allows every request and keeps the last one, as the proxy showed it. */
export interface Recorder {
  readonly address: string;
  /** The last request since this was asked. */
  take(): RequestView | undefined;
  stop(): Promise<void>;
}

export async function startRecorder(): Promise<Recorder> {
  let last: RequestView | undefined;
  const server = new GrpcServer({
    listen: '127.0.0.1:0',
    maxRequestBytes: 1 << 20,
    headerAllowanceBytes: 1 << 20,
    maxInFlightBytes: 1 << 27,
    defaultDeadlineMs: 1000,
    drainMs: 0,
    notScored: 'allow',
    mode: 'monitor',
    inspect: async (view) => {
      last = view;
      // Monitor mode allows what is not scored.
      return unscoredVerdict(view, 'monitor', 'overloaded');
    },
  });
  const address = await server.start();
  const take = (): RequestView | undefined => {
    const view = last;
    last = undefined;
    return view;
  };
  return { address, take, stop: () => server.stop() };
}

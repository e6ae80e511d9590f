import type { RequestView } from '../request/request-view.js';
import { addBody } from './body/body.js';
import { ByteAccount } from './byte-account.js';
import type { CanonicalRequest } from './canonical-request.js';
import { FieldCollector } from './field-collector.js';
import { addHeaders } from './headers.js';
import type { CanonicalizeLimits } from './limits.js';
import { describeStructure, isOrdinaryMethod } from './structure.js';
import { addTarget, splitTarget } from './target.js';
import { WorkBudget } from './work-budget.js';

/**
 * Reads a request into ordered canonical fields: structure, path, query, headers, cookies, body.
 * Synchronous; never throws, whatever the bytes are. Cost is linear in the bytes that the limits admit; the result hangs
 * on the request alone, but for bodies that exceed `maxCpuMs`.
 *
 * @param budget of CPU time.
 */
export function canonicalize(
  view: RequestView,
  limits: CanonicalizeLimits,
  budget = new WorkBudget(limits.maxCpuMs),
): CanonicalRequest {
  const account = new ByteAccount(budget);
  const collector = new FieldCollector(limits, account);
  const contentType = headerValue(view, 'content-type');
  if (view.method === 'CONNECT') account.skip('tunnel', 0);
  const ordinary = isOrdinaryMethod(view.method);
  // The structure has room for its first characters only.
  if (!ordinary) collector.add({ zone: 'header', name: 'method', value: view.method, form: 'bytes' });
  const target = splitTarget(view.target);
  addTarget(collector, target, view.host);
  // HTTP/2 names the host in a pseudo-header; Envoy does so for every request.
  const named = view.host === '' || view.headers.some(([name]) => name === 'host');
  const headers = named ? view.headers : [['host', view.host] as const, ...view.headers];
  addHeaders(collector, headers);
  if (view.body.length > 0) {
    budget.begin(view.body.length);
    addBody(collector, view.body, {
      contentTypes: view.headers.filter(([name]) => name === 'content-type').map(([, value]) => value),
      contentEncoding: headerValue(view, 'content-encoding'),
      grpcEncoding: headerValue(view, 'grpc-encoding'),
      cut: view.bodyTruncated,
    });
  }
  if (view.bodyBytesReceived > view.body.length || view.bodyTruncated) {
    account.skip('proxy_truncated', Math.max(0, view.bodyBytesReceived - view.body.length));
  }
  const { name, value } = describeStructure(view.method, target.path, contentType, collector.parameterNames);
  collector.addStructure(name, value);
  const head = (ordinary ? 0 : view.method.length) + view.target.length + headerBytes(headers);
  const bytesReceived = head + Math.max(view.bodyBytesReceived, view.body.length);
  collector.finish();
  account.close(bytesReceived);

  const uninspected = account.total();
  // A secret is left out by design: nothing was cut.
  const cut = uninspected - (account.uninspected.get('secret') ?? 0);
  return {
    fields: collector.fields,
    bytesInspected: Math.max(0, bytesReceived - uninspected),
    bytesReceived,
    truncated: cut > 0 || view.bodyTruncated,
    encodings: [...collector.encodings],
    limits: [...account.limits],
    uninspected: account.uninspected,
    oddities: [...collector.oddities],
  };
}

/** All values of a header joined as RFC 9110 section 5.3 joins them; empty when absent. */
function headerValue(view: RequestView, name: string): string {
  let joined = '';
  for (const [key, value] of view.headers) if (key === name) joined = joined === '' ? value : `${joined}, ${value}`;
  return joined;
}

function headerBytes(headers: RequestView['headers']): number {
  let bytes = 0;
  for (const [name, value] of headers) bytes += name.length + value.length;
  return bytes;
}

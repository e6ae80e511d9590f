import type { NotScoredReason, Verdict } from '../decide/verdict.js';
import type { ErrorCode } from '../errors.js';
import { printable } from '../printable.js';
import type { RequestView } from '../request/request-view.js';
import type { FieldScore } from '../score/score.js';
import { prefersHtml } from './accept.js';
import type { CheckResponseMessage, HeaderValueOptionMessage, ValueMessage } from './protocol.js';

/** What becomes of a request that could not be scored: the proxy's failure mode decides, or we do. */
export type NotScoredPolicy = 'failure-mode' | 'allow' | 'deny';

/** A CheckResponse, or the gRPC error that makes the proxy apply its failure mode. */
export type CheckAnswer = { readonly response: CheckResponseMessage } | { readonly error: ErrorCode };

/**
 * The verdict as the proxy's answer; nothing else builds a CheckResponse. Monitor mode never disturbs traffic, so there
 * an unscored request passes whatever the policy: a gRPC error would leave it to a proxy that may fail closed.
 */
export function toCheckAnswer(verdict: Verdict, view: RequestView, policy: NotScoredPolicy): CheckAnswer {
  if (verdict.notScored !== undefined && verdict.mode === 'enforce') {
    if (policy === 'failure-mode') return { error: verdict.notScored };
    return { response: policy === 'deny' ? denied(verdict, view) : allowed(verdict, view) };
  }
  return { response: verdict.action === 'deny' ? denied(verdict, view) : allowed(verdict, view) };
}

/** The verdict on a request whose inspection failed or never ended, so that it takes the same road as any other. */
export function unscoredVerdict(view: RequestView, mode: Verdict['mode'], reason: NotScoredReason): Verdict {
  return {
    requestId: view.id,
    action: 'allow',
    wouldDeny: false,
    mode,
    reason: 'not_scored',
    notScored: reason,
    score: null,
    threshold: 0.5,
    modelId: '',
    fields: [],
    bytesInspected: 0,
    bytesReceived: view.bodyBytesReceived,
    timings: { canonicalize: 0, screen: 0, tokenize: 0, score: 0, total: 0 },
  };
}

/** gRPC status codes within a CheckResponse. */
const OK = 0;
const PERMISSION_DENIED = 7;
const FORBIDDEN = 403;
/** Envoy's default appends, so a client could pre-seed our headers. */
const OVERWRITE_IF_EXISTS_OR_ADD = 2;
const PREFIX = 'x-normgate-';

function allowed(verdict: Verdict, view: RequestView): CheckResponseMessage {
  const label = verdict.notScored !== undefined ? 'not-scored' : verdict.wouldDeny ? 'would-deny' : 'allow';
  const headers: [string, string][] = [['x-normgate-verdict', label]];
  if (verdict.score !== null) headers.push(['x-normgate-score', verdict.score.toFixed(4)]);
  headers.push(['x-normgate-request-id', verdict.requestId]);
  if (verdict.modelId !== '') headers.push(['x-normgate-model', verdict.modelId]);
  return {
    status: { code: OK },
    ok_response: {
      headers: headers.map(toHeader),
      headers_to_remove: forged(view, new Set(headers.map(([name]) => name))),
    },
    dynamic_metadata: metadata(verdict, label),
  };
}

function denied(verdict: Verdict, view: RequestView): CheckResponseMessage {
  const accept = view.headers.filter(([name]) => name === 'accept').map(([, value]) => value);
  const html = prefersHtml(accept.join(','));
  const headers: [string, string][] = [
    ['content-type', html ? 'text/html; charset=utf-8' : 'application/json'],
    ['cache-control', 'no-store'],
    ['x-content-type-options', 'nosniff'],
    ['x-normgate-request-id', verdict.requestId],
  ];
  return {
    status: { code: PERMISSION_DENIED },
    denied_response: {
      status: { code: FORBIDDEN },
      headers: headers.map(toHeader),
      body: html ? htmlBody(verdict.requestId) : jsonBody(verdict.requestId),
    },
    dynamic_metadata: metadata(verdict, 'deny'),
  };
}

/** Says that it was blocked and how to ask about it; not why, how surely or by what, which would help to get around it. */
function jsonBody(requestId: string): string {
  return `${JSON.stringify({ error: 'forbidden', message: 'This request was blocked.', requestId: ascii(requestId) })}\n`;
}

function htmlBody(requestId: string): string {
  const id = ascii(requestId).replace(/[^A-Za-z0-9-]/g, '');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Request blocked</title>
<h1>Request blocked</h1>
<p>This request was blocked. If you think that is a mistake, quote this id to the site's operator:</p>
<p><code>${id}</code></p>
</html>
`;
}

/**
 * Names under our prefix that the client sent and we do not overwrite. `_` counts as `-`: to CGI, WSGI and their kin
 * `X_Normgate_Score` and `X-Normgate-Score` are the same variable.
 */
function forged(view: RequestView, ours: ReadonlySet<string>): string[] {
  const names = new Set<string>();
  for (const [name] of view.headers) {
    if (name.length <= PREFIX.length || name[0] !== 'x') continue;
    if (name.replaceAll('_', '-').startsWith(PREFIX) && !ours.has(name)) names.add(name);
  }
  return [...names];
}

function metadata(verdict: Verdict, label: string): { fields: Record<string, ValueMessage> } {
  const fields: Record<string, ValueMessage> = {
    verdict: { stringValue: label },
    reason: { stringValue: verdict.reason },
    score: verdict.score === null ? { nullValue: 0 } : { numberValue: verdict.score },
    would_deny: { boolValue: verdict.wouldDeny },
    request_id: { stringValue: verdict.requestId },
    model: { stringValue: verdict.modelId },
    fields: { listValue: { values: verdict.fields.map((field) => ({ stringValue: fieldName(field) })) } },
  };
  if (verdict.notScored !== undefined) fields.not_scored = { stringValue: verdict.notScored };
  return { fields };
}

/** Names only: access logs keep metadata, and values are the client's secrets or an attacker's text. */
function fieldName({ field }: FieldScore): string {
  return `${field.zone}:${printable(field.name, 60)}`;
}

function toHeader([key, value]: readonly [string, string]): HeaderValueOptionMessage {
  return {
    header: { key: Buffer.from(key, 'latin1'), value: Buffer.from(ascii(value), 'latin1') },
    append_action: OVERWRITE_IF_EXISTS_OR_ADD,
  };
}

/** Envoy refuses the whole answer for one bad header value, and drops empty ones. */
function ascii(value: string): string {
  return value.replace(/[^\x20-\x7e]/g, '?') || '-';
}

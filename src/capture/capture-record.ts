import { isUtf8 } from 'node:buffer';
import type { Verdict } from '../decide/verdict.js';
import type { RequestView } from '../request/request-view.js';
import { redactRequest } from './redact-request.js';
import type { SecretNames } from './secret-names.js';

/**
 * One captured request as a line of JSON, the format that `normgate canonicalize` and the trainer read. Byte strings
 * are written as they are, one character a byte; a body is text when it is UTF-8 and Base64 otherwise.
 */
export function captureRecord(view: RequestView, verdict: Verdict, bodyBytes: number, isSecret: SecretNames): string {
  const { path, headers, body, bodyTruncated, bodyOmitted } = redactRequest(view, bodyBytes, isSecret);
  const { action, wouldDeny, score, reason, modelId, mode } = verdict;
  const record = {
    id: view.id,
    time: view.time,
    client: view.client,
    method: view.method,
    path,
    // Envoy has it as a pseudo-header, which the view keeps apart; readers look for it here.
    headers: headers.some(([name]) => name === 'host') ? headers : [['host', view.host], ...headers],
    ...(body.length > 0 && (isUtf8(body) ? { body: body.toString('utf8') } : { bodyBase64: body.toString('base64') })),
    ...(bodyTruncated && { bodyTruncated }),
    ...(bodyOmitted && { bodyOmitted }),
    status: null,
    verdict: { action, wouldDeny, score, reason, modelId },
    mode,
  };
  return `${JSON.stringify(record)}\n`;
}

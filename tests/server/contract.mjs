// SPDX-License-Identifier: Apache-2.0
// The contract: every JSON answer is checked against the description of its route, /openapi.json.
import assert from 'node:assert/strict';
import Ajv from 'ajv';

export class Contract {
  constructor(description) {
    this.description = description;
    this.checked = new Set();
    this.ajv = new Ajv({ strict: false });
    this.ajv.addSchema({ $id: 'api', components: description.components });
  }

  schemaOf(schema) {
    return JSON.parse(JSON.stringify(schema).replaceAll('#/components', 'api#/components'));
  }

  // A path that is written out comes before one with a place for names.
  routeOf(method, path) {
    const plain = path.split('?')[0];
    const patterns = Object.entries(this.description.paths).sort(([one], [other]) => one.includes('{') - other.includes('{'));
    for (const [pattern, methods] of patterns) {
      const shape = new RegExp(`^${pattern.replace(/\{[^}]+\}/g, '[^/]+')}$`);
      if (shape.test(plain) && methods[method.toLowerCase()]) return methods[method.toLowerCase()];
    }
    return null;
  }

  check(method, path, reply) {
    const route = this.routeOf(method, path);
    const kind = (reply.headers.get('content-type') || '').split(';')[0];
    if (!route || !reply.text) return reply;
    const answer = route.responses[String(reply.status)] || route.responses.default;
    assert.ok(answer.content && answer.content[kind], `${method} ${path}: ${reply.status} ${kind} is not described`);
    const { schema } = answer.content[kind];
    if (kind.endsWith('json') && !kind.includes('ndjson') && schema) {
      assert.ok(this.ajv.validate(this.schemaOf(schema), reply.data), `${method} ${path}: ${this.ajv.errorsText()}\n${reply.text.slice(0, 400)}`);
      if (reply.status < 400) this.checked.add(`${method} ${route.summary}`);
    }
    return reply;
  }

  // The routes of these paths that answer JSON and were not checked.
  missed(is) {
    const described = Object.entries(this.description.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, route]) => [`${method.toUpperCase()} ${route.summary}`, path, route]));
    return described.filter(([key, path, route]) => !this.checked.has(key) && is(path, key) && JSON.stringify(route.responses).includes('application/json')).map(([key]) => key);
  }
}

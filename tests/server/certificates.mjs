// SPDX-License-Identifier: Apache-2.0
// Certificates for a test, made by openssl in a place of its own: a CA, and certificates and keys under it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export class Certificates {
  constructor(place) { this.place = place; }

  file(name) { return join(this.place, name); }

  openssl(...words) { execFileSync('openssl', words, { stdio: 'ignore' }); }

  authority(name) {
    this.openssl('req', '-x509', ...key, '-days', '2', '-subj', `/CN=${name} CA`, '-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.pem`));
  }

  // A key of its own, named by the name of the server where it is one.
  make(name, authority = 'ca', subject = name === 'server' ? 'localhost' : name) {
    this.openssl('req', ...key, '-subj', `/CN=${subject}`, '-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.csr`));
    this.sign(name, name, authority, 2);
  }

  sign(request, name, authority, days) {
    this.openssl('x509', '-req', '-in', this.file(`${request}.csr`), '-CA', this.file(`${authority}.pem`), '-CAkey', this.file(`${authority}.key`), '-CAcreateserial', '-days', String(days), '-out', this.file(`${name}.pem`));
  }

  read(name) { return readFileSync(this.file(name)); }

  // For a TLS connection from a client with this certificate.
  client(name) { return { cert: this.read(`${name}.pem`), key: this.read(`${name}.key`) }; }
}

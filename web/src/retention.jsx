// SPDX-License-Identifier: Apache-2.0
// Retention: what is deleted when its day has passed, and the signed certificates of what was.
import { useEffect, useState } from 'preact/hooks';
import { databaseList, text } from './api.js';
import { t, title, when } from './i18n.js';
import { Due, useAsked } from './owner.jsx';
import { save } from './save.js';
import { words } from './words.js';

function Certificates({ me }) {
  const [{ data, problem }] = useAsked(`/v1/certificates?owner=${encodeURIComponent(me.country)}&max=100`);
  const [databases, setDatabases] = useState([]);
  const [failure, setFailure] = useState('');
  const nameOf = (name) => title(databases.find((d) => d.name === name)?.title) || name;
  useEffect(() => { databaseList().then(setDatabases).catch(() => { /* their codes serve */ }); }, []);
  const keep = (path, name) => text(path).then((note) => { save(name, note); setFailure(''); }).catch((wrong) => setFailure(wrong.message));
  const said = failure || problem;
  return (
    <section aria-labelledby="certificates"><h2 id="certificates">{t('certificates')}</h2><p class="quiet">{t('certificates.help')}</p>
      {said && <p role="alert" class="problem">{said}</p>}
      {data && !data.certificates.length && <p class="quiet">{t('certificates.none')}</p>}
      {data?.certificates.length > 0 && (
        <table class="list certificates">
          <thead><tr><th scope="col">{t('time')}</th><th scope="col">{t('due.record')}</th><th scope="col">{t('due.why')}</th><th scope="col"><span class="hidden">{t('certificates.keep')}</span></th></tr></thead>
          <tbody>{data.certificates.map((c) => <tr key={c.record}><td>{when(c.deleted)}</td><td><code>{c.record}</code> {nameOf(c.database)}</td><td>{words(c, 'reason') || <bdi>{c.reason}</bdi>}</td>
            <td><button type="button" class="link" onClick={() => keep(`/v1/certificates/${encodeURIComponent(c.record)}`, `${c.record}.certificate`)}>{t('certificates.keep')}</button></td></tr>)}</tbody>
        </table>
      )}
      <p class="actions"><button type="button" onClick={() => keep('/v1/certificates/key', 'certificates.key')}>{t('certificates.key')}</button></p>
    </section>
  );
}

export function Retention({ me }) {
  return <main class="page"><h1>{t('retention')}</h1><Due me={me} within="365d" /><Certificates me={me} /></main>;
}

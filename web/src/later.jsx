// SPDX-License-Identifier: Apache-2.0
// A page whose script is fetched when it is opened. A line that breaks meanwhile, or a node that was renewed, is said.
import { useEffect, useState } from 'preact/hooks';
import { t } from './i18n.js';

export function later(load, name) {
  let Part = null;
  return (props) => {
    const [, setState] = useState('');
    const [isLost, setLost] = useState(false);
    useEffect(() => {
      if (!Part) load().then((module) => { Part = module[name]; setState('there'); }).catch(() => setLost(true));
    }, []);
    if (Part) return <Part {...props} />;
    if (isLost) return <main class="page"><p role="alert" class="problem">{t('unreachable')} <button type="button" onClick={() => location.reload()}>{t('again')}</button></p></main>;
    return <main class="page"><p class="loading" role="status">{t('loading')}</p></main>;
  };
}

// SPDX-License-Identifier: Apache-2.0
// What a machine-readable zone says goes into the fields that mean the same; fields already filled are left alone.
function place(fields, value, path, part) {
  for (const field of fields) {
    if (field.fields?.length) {
      const rows = field.many ? value[field.name] || [{}] : value[field.name] || {};
      const target = field.many ? rows[0] || {} : rows;
      const next = place(field.fields, target, [...path, field.name], part);
      if (next) return { ...value, [field.name]: field.many ? [next, ...rows.slice(1)] : next };
    } else if (field.meaning === part.meaning) {
      const held = value[field.name];
      const isEmpty = field.many ? !held?.length || held[0] === '' : held === undefined || held === '';
      if (isEmpty) return { ...value, [field.name]: field.many ? [part.value] : part.value };
    }
  }
  return null;
}

// [body with the parts put in, how many were]
export function fillFromZone(definition, body, parts) {
  let fields = body.fields;
  let count = 0;
  for (const part of parts) {
    const next = place(definition.fields, fields, [], part);
    if (next) { fields = next; count++; }
  }
  return [{ ...body, fields }, count];
}

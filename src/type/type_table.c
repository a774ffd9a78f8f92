/* SPDX-License-Identifier: Apache-2.0 */
/* The table of field types, by name. A new type is its file plus two lines here. */
#include "type/internal.h"
#include "type/type.h"

extern const struct type type_address;
extern const struct type type_aircraft_registration;
extern const struct type type_asn;
extern const struct type type_bic;
extern const struct type type_call_sign;
extern const struct type type_card;
extern const struct type type_code;
extern const struct type type_container;
extern const struct type type_country;
extern const struct type type_date;
extern const struct type type_document_number;
extern const struct type type_domain;
extern const struct type type_email;
extern const struct type type_event;
extern const struct type type_file_hash;
extern const struct type type_firearm_serial;
extern const struct type type_flag;
extern const struct type type_geo;
extern const struct type type_handle;
extern const struct type type_hull_number;
extern const struct type type_iban;
extern const struct type type_icao24;
extern const struct type type_iccid;
extern const struct type type_identifier;
extern const struct type type_imei;
extern const struct type type_imo;
extern const struct type type_imsi;
extern const struct type type_ip;
extern const struct type type_lei;
extern const struct type type_link;
extern const struct type type_mac;
extern const struct type type_mmsi;
extern const struct type type_moment;
extern const struct type type_money;
extern const struct type type_mrz;
extern const struct type type_name;
extern const struct type type_number;
extern const struct type type_onion;
extern const struct type type_pgp_fingerprint;
extern const struct type type_phone;
extern const struct type type_photograph;
extern const struct type type_place;
extern const struct type type_plate;
extern const struct type type_quantity;
extern const struct type type_sex;
extern const struct type type_text;
extern const struct type type_url;
extern const struct type type_vin;
extern const struct type type_wallet;

/* In order of name: type_find() searches by halves, and type_at() promises the order. */
const struct type *const type_table[] = {
    &type_address,
    &type_aircraft_registration,
    &type_asn,
    &type_bic,
    &type_call_sign,
    &type_card,
    &type_code,
    &type_container,
    &type_country,
    &type_date,
    &type_document_number,
    &type_domain,
    &type_email,
    &type_event,
    &type_file_hash,
    &type_firearm_serial,
    &type_flag,
    &type_geo,
    &type_handle,
    &type_hull_number,
    &type_iban,
    &type_icao24,
    &type_iccid,
    &type_identifier,
    &type_imei,
    &type_imo,
    &type_imsi,
    &type_ip,
    &type_lei,
    &type_link,
    &type_mac,
    &type_mmsi,
    &type_moment,
    &type_money,
    &type_mrz,
    &type_name,
    &type_number,
    &type_onion,
    &type_pgp_fingerprint,
    &type_phone,
    &type_photograph,
    &type_place,
    &type_plate,
    &type_quantity,
    &type_sex,
    &type_text,
    &type_url,
    &type_vin,
    &type_wallet,
};
const size_t type_table_count = COUNT_OF(type_table);

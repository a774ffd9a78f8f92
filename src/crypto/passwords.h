/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords that others have had, and that whoever guesses tries first. Looked for offline: nothing
 * of a password leaves the node.
 *
 *   TRY(password_list_open("codes/passwords.txt", "DIR/breached.txt", &list));
 *   TRY(password_list_check(list, password));
 */
#ifndef CRYPTO_PASSWORDS_H
#define CRYPTO_PASSWORDS_H

#include "base/base.h"

struct password_list;
/*
 * common: a line a password, lower case, in order of bytes; lines with # are left out. ERR_IO,
 * ERR_BAD_VALUE when it is not in order. breached: may be missing; a line a password, SHA-1 in hex,
 * in order, anything behind a colon - as Have I Been Pwned gives it for download, of any size.
 */
enum err password_list_open(const char *common, const char *breached,
                            struct password_list **ret) MUST_USE;
void password_list_free(struct password_list *list);
bool password_list_has_breached(const struct password_list *list);
/*
 * ERR_BAD_VALUE: it is a common one, as it is or with digits and signs tacked on, put in place of
 * letters, or written twice over; or it is among the breached. Any thread.
 */
enum err password_list_check(const struct password_list *list, str password) MUST_USE;

#endif

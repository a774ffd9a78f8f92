/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka and the headers it wants before it, in their order. */
#ifndef TEST_H
#define TEST_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif

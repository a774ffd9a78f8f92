/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions guard against our own mistakes, never against input, and stay on in production. */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

#include <stddef.h>

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define COUNT_OF(array)   (sizeof(array) / sizeof((array)[0]))

_Noreturn void assert_failed(const char *condition, const char *file, int line);
#define ensure(condition) ((condition) ? (void)0 : assert_failed(#condition, __FILE__, __LINE__))

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What a thread says of itself to the system. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

/*
 * This thread runs for microseconds and somebody waits for it: beside work that takes seconds (an
 * import, a merge, another program) it is to have its turn at once, in return for short turns. Asks
 * for nothing a process may not have; a system that does not know the request goes on as before.
 */
void thread_prompt(const char *name); /* at most 15 characters */

#endif

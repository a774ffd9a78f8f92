/* SPDX-License-Identifier: Apache-2.0 */
/* The program: wiring only. */
#include <stdio.h>

int main(void)
{
    puts("bureau");
    return 0;
}

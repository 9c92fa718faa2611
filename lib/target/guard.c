/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leakgraph/take.h"
#include "target/guard.h"

static struct lg_guard_note own_note;
static volatile struct lg_guard_note *note = &own_note;

volatile struct lg_guard_note *lg_guard_note(void)
{
	return note;
}

bool lg_guard_stopped(void)
{
	return false;
}

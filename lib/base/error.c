/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "leakgraph/status.h"

enum lg_status lg_fail(struct lg_error *err, enum lg_status status, const char *format, ...)
{
	va_list arguments;

	if (!err)
		return status;
	err->status = status;
	va_start(arguments, format);
	vsnprintf(err->text, sizeof err->text, format, arguments);
	va_end(arguments);
	return status;
}

enum lg_status lg_fail_within(struct lg_error *err, const char *format, ...)
{
	char inner[LG_ERROR_TEXT_BYTES];
	va_list arguments;
	int used;

	if (!err)
		return LG_E_INTERNAL;
	memcpy(inner, err->text, sizeof inner);
	va_start(arguments, format);
	used = vsnprintf(err->text, sizeof err->text, format, arguments);
	va_end(arguments);
	if (used >= 0 && (size_t)used < sizeof err->text)
		snprintf(err->text + used, sizeof err->text - (size_t)used, ": %s", inner);
	return err->status;
}

int lg_progress_report(const struct lg_progress *p, const char *stage, uint64_t done,
		       uint64_t total, const char *unit)
{
	if (!p || !p->report)
		return 0;
	return p->report(p->context, stage, done, total, unit);
}

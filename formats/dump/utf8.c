/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdint.h>

#include "formats/dump/utf8.h"

/* Bytes of the sequence that starts with lead, 0 for none; the range its second byte must lie in. */
static unsigned sequence(uint8_t lead, uint8_t *low, uint8_t *high)
{
	*low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	*high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

bool lg_utf8_valid(const char *bytes, size_t length)
{
	const uint8_t *p = (const uint8_t *)bytes;
	size_t i = 0;

	while (i < length) {
		uint8_t low, high;
		unsigned n = sequence(p[i], &low, &high);

		if (n == 0 || n > length - i)
			return false;
		if (n > 1 && (p[i + 1] < low || p[i + 1] > high))
			return false;
		for (unsigned k = 2; k < n; k++)
			if ((p[i + k] & 0xc0) != 0x80)
				return false;
		i += n;
	}
	return true;
}

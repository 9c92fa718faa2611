/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "formats/pprof/message.h"

enum wire_type { WIRE_VARINT = 0, WIRE_BYTES = 2 };

void lg_message_varint(struct lg_message *message, uint64_t value)
{
	if (LG_MESSAGE_BYTES - message->used < LG_VARINT_BYTES)
		return; /* callers have bounds of their own */
	while (value >= 0x80) {
		message->bytes[message->used++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	message->bytes[message->used++] = (uint8_t)value;
}

void lg_message_number(struct lg_message *message, unsigned field, uint64_t value)
{
	if (value == 0)
		return;
	lg_message_varint(message, field << 3 | WIRE_VARINT);
	lg_message_varint(message, value);
}

void lg_message_length(struct lg_message *message, unsigned field, size_t bytes)
{
	lg_message_varint(message, field << 3 | WIRE_BYTES);
	lg_message_varint(message, bytes);
}

void lg_message_nested(struct lg_message *message, unsigned field, const struct lg_message *nested)
{
	lg_message_length(message, field, nested->used);
	if (nested->used > LG_MESSAGE_BYTES - message->used)
		return;
	memcpy(message->bytes + message->used, nested->bytes, nested->used);
	message->used += nested->used;
}

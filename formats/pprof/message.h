/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LG_PPROF_MESSAGE_H
#define LG_PPROF_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A message of Protocol Buffers while it is put together: fields are a tag and
 * a varint, or a tag, a length and bytes. Room for the largest one a profile
 * has, a sample. By hand, since a library would pack a profile as a whole, and
 * fields of a profile may come one by one, in any order.
 */
#define LG_MESSAGE_BYTES 4096
#define LG_VARINT_BYTES 10

struct lg_message {
	size_t used;
	uint8_t bytes[LG_MESSAGE_BYTES];
};

void lg_message_varint(struct lg_message *message, uint64_t value);
/* A number; 0 is what a reader takes for one that is not there, and is left out. */
void lg_message_number(struct lg_message *message, unsigned field, uint64_t value);
/* The tag and length of bytes that follow. */
void lg_message_length(struct lg_message *message, unsigned field, size_t bytes);
/* A message in a message, or packed numbers. */
void lg_message_nested(struct lg_message *message, unsigned field, const struct lg_message *nested);

#endif

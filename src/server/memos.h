/* Events that came before (struct plait__memos): the same source and id are worked on once, and answered the same again. */
#ifndef PLAIT_SERVER_MEMOS_H
#define PLAIT_SERVER_MEMOS_H

#include "server/internal.h"

enum plait__memo_state { PLAIT__MEMO_NEW, PLAIT__MEMO_PENDING, PLAIT__MEMO_KNOWN };

/* Whether this event is new (then plait__memo_keep must follow), being worked on, or known: `answer` gets what it was answered.
 */
enum plait__memo_state plait__memo_look(struct plait__server *server, const char key[65], struct plait__buffer *answer,
                                        int *status_out);

/* Keeps the answer, or forgets the event where it may come again for another (status 429 and 5xx). */
void plait__memo_keep(struct plait__server *server, const char key[65], const struct plait__buffer *answer, int status);

#endif

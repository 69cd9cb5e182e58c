// The few calls of MPI that a training by several processes makes; without the package's trait MPI
// there are none, and nobody can join.
#pragma once

#include <stddef.h>

// Numbers that go to another process, or come from it.
typedef struct {
  int peer;
  float *values;
  size_t count;
} CMessagePassing_message;

// Whether this was built with MPI.
int CMessagePassing_is_there(void);

// Joins the processes that were started together; returns 0, or MPI's error.
int CMessagePassing_join(int *rank, int *count);

// Sends and receives, and returns when all of it is done; returns 0, or MPI's error. Messages
// between two processes arrive in the order of the lists.
int CMessagePassing_exchange(const CMessagePassing_message *sends, size_t send_count,
                             const CMessagePassing_message *receives, size_t receive_count);

// Leaves, once all do.
void CMessagePassing_leave(void);

// Ends every process, with an exit status.
void CMessagePassing_abort(int status);

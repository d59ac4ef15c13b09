/* A program as a worker: slots, rows and tests in, outputs, scores, claims and
 * traces out, one JSON object a line.
 *
 * The first line out is a hello.  Then, in any order,
 *
 *     > {"slots":7,"set":{"answer.instruction":"..."}}   numbered slot values
 *     < {"slots":7,"ok":true}
 *     > {"run":101,"slots":7,"row":{...},"metrics":["score"],"sample":0,
 *        "trace":true,"model":{"small":"big"}}
 *     < {"run":101,"ok":true,"class":"ok","out":{...},"scores":{...},...}
 *     < {"run":102,"ok":false,"class":"infrastructure","why":"...",...}
 *     > {"run":103,"test":"capital","sample":2}
 *     < {"run":103,"ok":true,"class":"ok","seconds":0.4,"claims":[
 *        {"line":7,"text":"n > 2","must":true,"met":1,"unmet":0}],...}
 *     > {"cancel":101}    > {"drop":7}    > {"quit":1}
 *     > {"ping":4}        < {"ping":4}
 *
 * A run with "check":true is not made: the row is read as the program and the
 * metrics would, and the answer says whether they can.
 *
 * Slots 0 are those that the program was started with.  Runs are independent
 * and end in any order.  The end of the input, like "quit", lets all runs
 * that were accepted end.
 *
 * SPDX-License-Identifier: MIT */
#ifndef WORKER_H
#define WORKER_H

#include "core/arena.h"
#include "core/json.h"
#include "miproc_gen.h"
#include "prompt/slots.h"
#include "type/type.h"

struct worker_options {
	const struct mip_program *program;
	const struct mip_eval *eval;    /* or NULL */
	struct mip_env *env;
	struct slots *slots;            /* to begin with */
	unsigned jobs;                  /* runs at once */
	int in, out;                    /* file descriptors */
};

/* Serves until the input ends.  MIP_OK, also when nobody reads any more;
 * MIP_IO if the input cannot be read, MIP_NOMEM if nothing could start, or
 * there is no memory for an answer. */
enum mip_status worker_serve(const struct worker_options *o);

/* Reads the inputs of a program from an object of its fields (text may stand
 * for numbers) and checks their constraints.  *in and what it points to live
 * in `a`.  MIP_USAGE with *e filled, or MIP_NOMEM. */
enum mip_status worker_input(struct arena *a, const struct mip_type *t,
    struct json row, void **in, struct type_error *e);

/* Appends the hello line, without its end. */
void worker_hello(struct buf *b, const struct worker_options *o);

#endif

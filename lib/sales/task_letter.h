/*
 * task_letter: tells people of what about money needs one (sales.payment_tasks): one letter to
 * each address of VENDAS_ALERT_EMAILS, in the shop's language, with a line for each. It names
 * orders by their numbers and holds nothing of their buyers.
 */
#ifndef VENDAS_SALES_TASK_LETTER_H
#define VENDAS_SALES_TASK_LETTER_H

#include "problem.h"

/* Writes of what nobody was told of yet, once; nobody is written to where there is no address,
 * and nothing is written where there is nothing to tell. */
void task_letters_post(struct arena *a, struct problem *problem);

/* The code (lib/messages) of what a kind of task is called. */
const char *task_letter_code(const char *kind);

#endif

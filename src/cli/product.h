/* The machine's measure: one 512 x 512 x 512 product of f32 on xnnpack. */
#ifndef PLAIT_CLI_PRODUCT_H
#define PLAIT_CLI_PRODUCT_H

#include "plait.h"

#define PLAIT__PRODUCT_FLOPS (2.0 * 512 * 512 * 512)

struct plait__product;

enum plait_status plait__product_create(plait_context *context, struct plait__product **product_out);
enum plait_status plait__product_run(struct plait__product *product);
void plait__product_destroy(struct plait__product *product);

#endif

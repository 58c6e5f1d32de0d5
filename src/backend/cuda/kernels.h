/* The kernels as the build makes them: PTX, a text for each file of kernels/. */
#ifndef PLAIT_BACKEND_CUDA_KERNELS_H
#define PLAIT_BACKEND_CUDA_KERNELS_H

extern const char plait__cuda_image_elementwise[];
extern const char plait__cuda_image_fold[];
extern const char plait__cuda_image_move[];
extern const char plait__cuda_image_products[];
extern const char plait__cuda_image_recurrent[];
extern const char plait__cuda_image_window[];

#endif

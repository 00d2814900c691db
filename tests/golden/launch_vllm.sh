# plan 0123456789abcdef: A plan for tests.

# line 1: 1 x p5.48xlarge, aws us-east-1, on_demand; 1 x fp8 on vllm, tp 8 pp 1
# note: the weights of meta-llama/Llama-3.1-405B-Instruct become FP8 while they load; a ready checkpoint starts sooner: name it with --checkpoint

# on instance 1
vllm serve meta-llama/Llama-3.1-405B-Instruct \
  --tensor-parallel-size 8 \
  --quantization fp8 \
  --max-model-len 2560 \
  --max-num-seqs 24 \
  --gpu-memory-utilization 0.92 \
  --port 8000

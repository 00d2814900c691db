# plan 0123456789abcdef: A plan for tests.

# line 1: 2 x p5.48xlarge, aws us-east-1, on_demand; 3 x awq-int4 on vllm, tp 4 pp 1
# note: choose a checkpoint of meta-llama/Llama-3.1-70B-Instruct in AWQ INT4, and name it with --checkpoint: the repository itself does not hold that format

# on each of the instances 1, 2
CUDA_VISIBLE_DEVICES=0,1,2,3 vllm serve meta-llama/Llama-3.1-70B-Instruct \
  --tensor-parallel-size 4 \
  --quantization awq_marlin \
  --max-model-len 640 \
  --max-num-seqs 24 \
  --gpu-memory-utilization 0.92 \
  --port 8000

# on instance 1
CUDA_VISIBLE_DEVICES=4,5,6,7 vllm serve meta-llama/Llama-3.1-70B-Instruct \
  --tensor-parallel-size 4 \
  --quantization awq_marlin \
  --max-model-len 640 \
  --max-num-seqs 24 \
  --gpu-memory-utilization 0.92 \
  --port 8001

# line 2: on the instances of line 1, aws us-east-1, on_demand; 2 x awq-int4 on sglang, tp 2 pp 1
# note: choose a checkpoint of meta-llama/Llama-3.1-70B-Instruct in AWQ INT4, and name it with --checkpoint: the repository itself does not hold that format

# on instance 2
CUDA_VISIBLE_DEVICES=4,5 python -m sglang.launch_server --model-path meta-llama/Llama-3.1-70B-Instruct \
  --tensor-parallel-size 2 \
  --quantization awq_marlin \
  --kv-cache-dtype fp8_e4m3 \
  --context-length 8192 \
  --max-running-requests 24 \
  --mem-fraction-static 0.88 \
  --host 0.0.0.0 \
  --port 8001

# on instance 2
CUDA_VISIBLE_DEVICES=6,7 python -m sglang.launch_server --model-path meta-llama/Llama-3.1-70B-Instruct \
  --tensor-parallel-size 2 \
  --quantization awq_marlin \
  --kv-cache-dtype fp8_e4m3 \
  --context-length 8192 \
  --max-running-requests 24 \
  --mem-fraction-static 0.88 \
  --host 0.0.0.0 \
  --port 8002

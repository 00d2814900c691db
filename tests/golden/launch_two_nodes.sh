# plan 0123456789abcdef: A plan for tests.

# line 1: 4 x p5.48xlarge, aws us-east-1, on_demand; 2 x bf16 on vllm, tp 8 pp 2

# on each of the instances 1, 3 as the head
ray start --head --port=6379
until [ "$(python3 -c 'import ray; ray.init(address="auto"); print(sum(node["Alive"] for node in ray.nodes()))')" -ge 2 ]; do sleep 5; done
vllm serve meta-llama/Llama-3.1-405B-Instruct \
  --tensor-parallel-size 8 \
  --pipeline-parallel-size 2 \
  --distributed-executor-backend ray \
  --max-model-len 2560 \
  --max-num-seqs 24 \
  --gpu-memory-utilization 0.92 \
  --port 8000

# on each of the instances 2, 4, worker 1: HEAD_ADDRESS is that of the head before it
until ray start --address=HEAD_ADDRESS:6379 --block; do sleep 5; done

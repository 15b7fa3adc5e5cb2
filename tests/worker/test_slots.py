import threading

import glompo
from glompo.optimizers import FunctionOptimizer


def test_an_optimizer_that_calls_from_threads_of_its_own_is_held_to_its_slots(tmp_path):
    lock, flying, most = threading.Lock(), 0, 0

    def task(x):
        nonlocal flying, most
        with lock:
            flying += 1
            most = max(most, flying)
        threading.Event().wait(0.002)
        with lock:
            flying -= 1
        return float(x @ x)

    def swarm(f, x0, bounds):
        def one():
            for _ in range(5):
                f(x0)

        threads = [threading.Thread(target=one, daemon=True) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    glompo.minimize(
        task, [(-1, 1)] * 2, optimizers=FunctionOptimizer(swarm, workers=2), max_jobs=2, working_dir=tmp_path / "run"
    )
    assert most == 2

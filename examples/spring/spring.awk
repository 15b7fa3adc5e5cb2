# A damped spring: reads name and value in each line, and writes its position every tenth of a second.
#
#   awk -f spring.awk spring.in > spring.out
{ value[$1] = $2 }
END {
    x = value["start"]; v = 0; dt = 0.001
    print "time position"
    for (step = 0; step <= 6000; step++) {
        if (step % 100 == 0) printf "%.3f %.10g\n", step * dt, x
        # leapfrog; friction grows with the speed beside a part that is proportional to it
        speed = v < 0 ? -v : v
        v += dt * (-value["stiffness"] * x - (value["linear"] + value["quadratic"] * speed) * v)
        x += dt * v
    }
}
